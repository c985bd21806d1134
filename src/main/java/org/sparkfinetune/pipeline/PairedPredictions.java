package org.sparkfinetune.pipeline;

import static org.apache.spark.sql.functions.array_sort;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.not;
import static org.apache.spark.sql.functions.when;

import java.io.Serializable;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.sparkfinetune.UserException;
import org.sparkfinetune.data.ExampleColumns;
import org.sparkfinetune.evaluate.Bootstrap;
import org.sparkfinetune.evaluate.PairedAccumulator;
import org.sparkfinetune.evaluate.PairedAccumulators;
import org.sparkfinetune.evaluate.PairedMetrics;
import org.sparkfinetune.task.ProblemType;

/** The same labeled rows, predicted by two classifiers of the same labels. */
public final class PairedPredictions implements Serializable {
  private static final long serialVersionUID = 1L;

  /** What the first predicts, as {@link PredictionColumns#PREDICTION} has it. */
  public static final String FIRST = "first_prediction";

  /** What the second predicts. */
  public static final String SECOND = "second_prediction";

  /** Which of the two is right. */
  public static final String RIGHT = "right";

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
   * What the rows say of the two.
   *
   * @param bootstrap how intervals are drawn; empty for none
   */
  public PairedMetrics metrics(Optional<Bootstrap> bootstrap) {
    Column label = col(ExampleColumns.LABEL);
    List<double[]> states =
        predicted
            .select(labels.array(label), col(FIRST_PROBABILITY), col(SECOND_PROBABILITY))
            .javaRDD()
            .mapPartitions(this::state)
            .collect();
    PairedAccumulator all = accumulator();
    states.forEach(all::merge);
    return all.metrics(bootstrap);
  }

  private PairedAccumulator accumulator() {
    return PairedAccumulators.of(problemType, places.length, thresholds[0], thresholds[1]);
  }

  private Iterator<double[]> state(Iterator<Row> rows) {
    PairedAccumulator sums = accumulator();
    while (rows.hasNext()) {
      Row row = rows.next();
      double[] second = row.<Vector>getAs(2).toArray();
      sums.add(
          labels.labels(row),
          labels.probabilities(row),
          Arrays.stream(places).mapToDouble(place -> second[place]).toArray());
    }
    return List.of(sums.state()).iterator();
  }

  /**
   * The rows that one of the two gets right and the other does not: their texts, {@code label},
   * {@link #FIRST}, {@link #SECOND} and {@link #RIGHT}, which is {@code first} or {@code second}.
   */
  public Dataset<Row> disagreements() {
    Column first = isRight(FIRST);
    Column second = isRight(SECOND);
    return predicted
        .where(not(first.equalTo(second)))
        .withColumn(RIGHT, when(first, lit("first")).otherwise(lit("second")))
        .drop(FIRST_PROBABILITY, SECOND_PROBABILITY);
  }

  private Column isRight(String prediction) {
    Column label = col(ExampleColumns.LABEL);
    return problemType.task().hasLabelSets()
        ? array_sort(col(prediction)).equalTo(array_sort(label))
        : col(prediction).equalTo(label);
  }
}
