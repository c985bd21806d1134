package org.sparkfinetune.pipeline;

import static org.apache.spark.sql.functions.array_join;
import static org.apache.spark.sql.functions.array_sort;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.concat_ws;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.not;
import static org.apache.spark.sql.functions.substring;
import static org.apache.spark.sql.functions.when;
import static org.apache.spark.sql.functions.xxhash64;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.functions;
import org.sparkfinetune.UserException;
import org.sparkfinetune.data.ExampleColumns;
import org.sparkfinetune.evaluate.Bootstrap;
import org.sparkfinetune.evaluate.PairedAccumulator;
import org.sparkfinetune.evaluate.PairedAccumulators;
import org.sparkfinetune.evaluate.PairedMetrics;
import org.sparkfinetune.slice.PairedSlice;
import org.sparkfinetune.slice.SliceFigures;
import org.sparkfinetune.slice.SlicePlan;
import org.sparkfinetune.task.ProblemType;
import scala.Tuple2;

/** The same labeled rows, predicted by two classifiers of the same labels. */
public final class PairedPredictions implements Serializable {
  private static final long serialVersionUID = 1L;

  /** What the first predicts, as {@link PredictionColumns#PREDICTION} has it. */
  public static final String FIRST = "first_prediction";

  /** What the second predicts. */
  public static final String SECOND = "second_prediction";

  /** Which of the two is right. */
  public static final String RIGHT = "right";

  /** The value of {@link #RIGHT} where the first is right. */
  public static final String IS_FIRST = "first";

  private static final String IS_SECOND = "second";

  /** So much of a text is shown, in characters. */
  private static final int SHOWN = 1000;

  private static final String FIRST_PROBABILITY = "first_probability";
  private static final String SECOND_PROBABILITY = "second_probability";

  private final transient Dataset<Row> predicted;
  private final ProblemType problemType;
  private final double[] thresholds;

  /** By label of the first its place with the second. */
  private final int[] places;

  private final LabeledRows labels;

  private PairedPredictions(
      ClassifierPipeline first, ClassifierPipeline second, Dataset<Row> predicted) {
    this.predicted = predicted;
    this.problemType = first.problemType();
    this.thresholds =
        new double[] {first.threshold().orElse(Double.NaN), second.threshold().orElse(Double.NaN)};
    this.places = first.labels().stream().mapToInt(second.labels()::indexOf).toArray();
    this.labels = new LabeledRows(first.labels(), problemType);
  }

  /**
   * Predicts rows by both; Spark computes that when it is asked for.
   *
   * @param rows columns as {@link ExampleColumns} has them; each with a text, and with labels that
   *     are among those of the two
   * @throws UserException when the two have other labels, or one kind of label and sets of them
   */
  public static PairedPredictions of(
      ClassifierPipeline first, ClassifierPipeline second, Dataset<Row> rows) {
    requireAlike(first, second);
    Dataset<Row> once =
        first
            .vectors(rows)
            .select(
                col(PredictionColumns.ROW + ".*"),
                col(PredictionColumns.PREDICTION).as(FIRST),
                col(PredictionColumns.PROBABILITY).as(FIRST_PROBABILITY));
    Dataset<Row> twice =
        second
            .vectors(once)
            .select(
                col(PredictionColumns.ROW + ".*"),
                col(PredictionColumns.PREDICTION).as(SECOND),
                col(PredictionColumns.PROBABILITY).as(SECOND_PROBABILITY));
    return new PairedPredictions(first, second, twice);
  }

  private static void requireAlike(ClassifierPipeline first, ClassifierPipeline second) {
    if (first.problemType() != second.problemType()) {
      throw new UserException(
          "the first model is of %s and the second of %s: expected two of one problem type"
              .formatted(first.problemType().spelling(), second.problemType().spelling()));
    }
    TreeSet<String> onlyFirst = new TreeSet<>(first.labels());
    onlyFirst.removeAll(second.labels());
    TreeSet<String> onlySecond = new TreeSet<>(second.labels());
    onlySecond.removeAll(first.labels());
    if (!onlyFirst.isEmpty() || !onlySecond.isEmpty()) {
      throw new UserException(
          "the models have other labels: %s. Expected the same ones: evaluate each by itself, on rows of its own labels"
              .formatted(
                  String.join(
                      "; ",
                      Stream.of(
                              said("only the first has", onlyFirst),
                              said("only the second has", onlySecond))
                          .flatMap(Optional::stream)
                          .toList())));
    }
  }

  private static Optional<String> said(String whose, TreeSet<String> labels) {
    int shown = 5;
    return labels.isEmpty()
        ? Optional.empty()
        : Optional.of(
            whose
                + " "
                + String.join(", ", labels.stream().limit(shown).toList())
                + (labels.size() > shown ? " and %d more".formatted(labels.size() - shown) : ""));
  }

  /** Keeps the predictions for what is asked next, until {@link #unpersist}. */
  public PairedPredictions persist() {
    predicted.persist();
    return this;
  }

  /** Lets go of the predictions. */
  public void unpersist() {
    predicted.unpersist();
  }

  /**
   * What the rows say of the two, by slice.
   *
   * @param all of all rows
   * @param slices of parts of them; empty where none were asked for
   * @param notes how each column was sliced, for people
   */
  public record Measured(PairedMetrics all, List<PairedSlice> slices, List<String> notes) {}

  /**
   * What the rows say of the two.
   *
   * @param bootstrap how intervals are drawn; empty for none
   */
  public PairedMetrics metrics(Optional<Bootstrap> bootstrap) {
    return metrics(bootstrap, PlannedSlices.NONE).get(SlicePlan.ALL);
  }

  /**
   * The same by slice.
   *
   * @param options of which the columns of {@code slices} count, which the rows have in {@link
   *     ExampleColumns#ROW}
   * @throws UserException when a column has too many values
   */
  public Measured metrics(Optional<Bootstrap> bootstrap, SliceOptions options) {
    if (options.isEmpty()) {
      return new Measured(metrics(bootstrap), List.of(), List.of());
    }
    PlannedSlices planned = SlicePlanning.of(predicted, options);
    List<PairedMetrics> metrics = metrics(bootstrap, planned);
    return new Measured(
        metrics.get(SlicePlan.ALL), SliceFigures.paired(planned.plan(), metrics), planned.notes());
  }

  /** By the plan's slices: the rows of a slice are added up by one task. */
  private List<PairedMetrics> metrics(Optional<Bootstrap> bootstrap, PlannedSlices slices) {
    Column label = col(ExampleColumns.LABEL);
    Bootstrap draws = bootstrap.orElse(null);
    JavaRDD<Row> rows =
        predicted
            .select(
                labels.array(label),
                col(FIRST_PROBABILITY),
                col(SECOND_PROBABILITY),
                slices.struct(functions::col))
            .javaRDD();
    List<Tuple2<Integer, PairedMetrics>> measured =
        rows.mapPartitionsToPair(ofPartition -> states(ofPartition, slices))
            .groupByKey(Math.max(rows.getNumPartitions(), rows.context().defaultParallelism()))
            .mapToPair(
                slice ->
                    new Tuple2<>(
                        slice._1(),
                        merged(slice._2()).metrics(drawn(slice._1(), Optional.ofNullable(draws)))))
            .collect();
    List<PairedMetrics> bySlice = new ArrayList<>();
    for (int slice = 0; slice < slices.plan().slices().size(); slice++) {
      bySlice.add(accumulator().metrics(bootstrap));
    }
    measured.forEach(one -> bySlice.set(one._1(), one._2()));
    return bySlice;
  }

  private PairedAccumulator accumulator() {
    return PairedAccumulators.of(problemType, places.length, thresholds[0], thresholds[1]);
  }

  /** Nobody has chosen how many rows of a label a slice has. */
  private static Optional<Bootstrap> drawn(int slice, Optional<Bootstrap> draws) {
    return slice == SlicePlan.ALL ? draws : draws.map(Bootstrap::together);
  }

  private PairedAccumulator merged(Iterable<double[]> states) {
    PairedAccumulator all = accumulator();
    states.forEach(all::merge);
    return all;
  }

  private Iterator<Tuple2<Integer, double[]>> states(Iterator<Row> rows, PlannedSlices slices) {
    TreeMap<Integer, PairedAccumulator> bySlice = new TreeMap<>();
    while (rows.hasNext()) {
      Row row = rows.next();
      int[] ofRow = labels.labels(row);
      double[] first = labels.probabilities(row);
      double[] given = row.<Vector>getAs(2).toArray();
      double[] second = Arrays.stream(places).mapToDouble(place -> given[place]).toArray();
      for (int slice : slices.slices(labels.beside(row))) {
        bySlice.computeIfAbsent(slice, s -> accumulator()).add(ofRow, first, second);
      }
    }
    return bySlice.entrySet().stream()
        .map(entry -> new Tuple2<>(entry.getKey(), entry.getValue().state()))
        .iterator();
  }

  /**
   * The rows that one of the two gets right and the other does not: their texts, {@code label},
   * {@link #FIRST}, {@link #SECOND} and {@link #RIGHT}, which is {@code first} or {@code second};
   * and the columns that they are sliced by, in {@link ExampleColumns#ROW}.
   */
  public Dataset<Row> disagreements() {
    Column first = isRight(FIRST);
    Column second = isRight(SECOND);
    return predicted
        .where(not(first.equalTo(second)))
        .withColumn(RIGHT, when(first, lit(IS_FIRST)).otherwise(lit(IS_SECOND)))
        .drop(FIRST_PROBABILITY, SECOND_PROBABILITY);
  }

  /**
   * Some of the {@link #disagreements}, the same ones always: half of them rows that the first gets
   * right, half that the second does.
   *
   * @param most how many at most
   * @return their text, of pairs both, the label, what the first says, what the second says, and
   *     {@link #RIGHT}, all strings
   */
  public List<Row> someDisagreements(int most) {
    boolean pairs = Arrays.asList(predicted.columns()).contains(ExampleColumns.TEXT_PAIR);
    Column text =
        pairs
            ? concat_ws("\n", col(ExampleColumns.TEXT), col(ExampleColumns.TEXT_PAIR))
            : col(ExampleColumns.TEXT);
    Dataset<Row> rows =
        disagreements()
            .select(
                substring(text, 1, SHOWN).as("text"),
                inOne(col(ExampleColumns.LABEL)).as("label"),
                inOne(col(FIRST)).as("first"),
                inOne(col(SECOND)).as("second"),
                col(RIGHT));
    List<Row> some = new ArrayList<>();
    for (String right : new String[] {IS_FIRST, IS_SECOND}) {
      some.addAll(
          rows.where(col(RIGHT).equalTo(right))
              .orderBy(xxhash64(col("text")), col("text"), col("label"))
              .limit(most / 2)
              .collectAsList());
    }
    return some;
  }

  private Column inOne(Column labelOrSet) {
    return problemType.task().hasLabelSets()
        ? array_join(array_sort(labelOrSet), ", ")
        : labelOrSet;
  }

  private Column isRight(String prediction) {
    Column label = col(ExampleColumns.LABEL);
    return problemType.task().hasLabelSets()
        ? array_sort(col(prediction)).equalTo(array_sort(label))
        : col(prediction).equalTo(label);
  }
}
