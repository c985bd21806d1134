package org.sparkfinetune.pipeline;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.sparkfinetune.UserException;
import org.sparkfinetune.conformal.FiniteSampleQuantile;
import org.sparkfinetune.conformal.PredictionSets;
import org.sparkfinetune.conformal.SelectivePrediction;
import org.sparkfinetune.evaluate.RankedScores;
import org.sparkfinetune.evaluate.RiskCoverage;
import org.sparkfinetune.evaluate.ScoreBlock;
import org.sparkfinetune.task.Predictions;
import org.sparkfinetune.text.OneLine;
import scala.Tuple2;

/**
 * Calibrates {@link SelectivePrediction} by predicted rows, where the rows are: the scores of a
 * group, which is all rows or those of a label, go to one task, which sorts them. The driver gets a
 * few numbers a group, the same for any number of partitions.
 */
final class SelectiveCalibration implements Serializable {
  private static final long serialVersionUID = 1L;

  /** In the place of a group: the rows' confidences. */
  private static final int CONFIDENCES = -1;

  /** Scores held of a group before they are handed on: 512 KB. */
  private static final int HELD = 1 << 16;

  /** Labels named in a message. */
  private static final int NAMED = 5;

  private final LabeledRows reader;
  private final SelectiveSettings settings;

  private SelectiveCalibration(LabeledRows reader, SelectiveSettings settings) {
    this.reader = reader;
    this.settings = settings;
  }

  /**
   * Calibrates.
   *
   * @param predicted what {@link PredictionColumns#vectors} gives of rows with {@code labelColumn},
   *     whose values are all among {@code labels}
   * @param temperature of the classifier
   * @throws UserException when the rows are too few for a coverage, or no confidence gives an
   *     accuracy
   */
  static SelectivePrediction of(
      Dataset<Row> predicted,
      String labelColumn,
      LabeledRows reader,
      List<String> labels,
      double temperature,
      SelectiveSettings settings) {
    return new SelectiveCalibration(reader, settings)
        .fit(reader.hashed(predicted, labelColumn), labels, temperature);
  }

  private SelectivePrediction fit(JavaRDD<Row> rows, List<String> labels, double temperature) {
    int tasks = Math.max(rows.getNumPartitions(), rows.context().defaultParallelism());
    Map<Integer, Group> groups = new TreeMap<>();
    rows.mapPartitionsToPair(this::scored)
        .groupByKey(tasks)
        .map(group -> new Tuple2<>(group._1(), ofGroup(group._1(), group._2())))
        .collect()
        .forEach(group -> groups.put(group._1(), group._2()));
    TreeMap<Double, Double> below = new TreeMap<>();
    Group all = groups.get(CONFIDENCES);
    if (all == null) {
      throw new UserException("no row can be calibrated by: expected labeled rows with texts");
    }
    for (int i = 0; i < settings.targetAccuracies().size(); i++) {
      below.put(settings.targetAccuracies().get(i), confidence(i, all));
    }
    return new SelectivePrediction(
        temperature,
        all.rows(),
        settings.coverages().isEmpty() ? Optional.empty() : Optional.of(sets(groups, labels)),
        below);
  }

  private double confidence(int target, Group all) {
    double found = all.values()[target];
    if (Double.isNaN(found)) {
      throw new UserException(
          "calibrate.target_accuracy=%s: no confidence gives it on these %d rows, not even to the surest: ask for less"
              .formatted(settings.targetAccuracies().get(target), all.rows()));
    }
    return found;
  }

  private PredictionSets sets(Map<Integer, Group> groups, List<String> labels) {
    TreeMap<Double, double[]> thresholds = new TreeMap<>();
    int count = settings.classConditional() ? labels.size() : 1;
    for (int i = 0; i < settings.coverages().size(); i++) {
      double coverage = settings.coverages().get(i);
      requireEnough(coverage, groups, labels);
      int place = i;
      thresholds.put(
          coverage,
          IntStream.range(0, count).mapToDouble(g -> groups.get(g).values()[place]).toArray());
    }
    return new PredictionSets(
        settings.score(), settings.seed(), settings.classConditional(), thresholds);
  }

  private void requireEnough(double coverage, Map<Integer, Group> groups, List<String> labels) {
    long needed = FiniteSampleQuantile.rowsNeeded(coverage);
    if (!settings.classConditional()) {
      if (groups.get(0).rows() < needed) {
        throw new UserException(
            "calibrate.coverage=%s needs at least %d calibration rows, and there are %d: give more, or ask for less"
                .formatted(coverage, needed, groups.get(0).rows()));
      }
      return;
    }
    List<String> few = new ArrayList<>();
    int others = 0;
    for (int label = 0; label < labels.size(); label++) {
      long rows = groups.containsKey(label) ? groups.get(label).rows() : 0;
      if (rows < needed && few.size() < NAMED) {
        few.add("%s has %d".formatted(OneLine.of(labels.get(label)), rows));
      } else if (rows < needed) {
        others++;
      }
    }
    if (!few.isEmpty()) {
      throw new UserException(
          "calibrate.coverage=%s needs at least %d calibration rows of each label with calibrate.class_conditional=true, and %s%s: give more, or leave calibrate.class_conditional out"
              .formatted(
                  coverage,
                  needed,
                  String.join(", ", few),
                  others == 0 ? "" : ", and %d others have too few".formatted(others)));
    }
  }

  /**
   * What a group's scores say.
   *
   * @param values by coverage, or of confidences by accuracy; NaN where there is none
   */
  private record Group(long rows, double[] values) implements Serializable {}

  private Group ofGroup(int group, Iterable<ScoreBlock> parts) {
    List<ScoreBlock> blocks = new ArrayList<>();
    parts.forEach(blocks::add);
    long rows = blocks.stream().mapToLong(b -> b.positives().length + b.negatives().length).sum();
    if (group == CONFIDENCES) {
      return new Group(
          rows,
          settings.targetAccuracies().stream()
              .mapToDouble(
                  target ->
                      RankedScores.mostAnswers(blocks, target)
                          .map(RiskCoverage.Point::confidence)
                          .orElse(Double.NaN))
              .toArray());
    }
    double[] scores =
        blocks.stream().flatMapToDouble(b -> Arrays.stream(b.positives())).sorted().toArray();
    return new Group(
        rows,
        settings.coverages().stream()
            .map(coverage -> FiniteSampleQuantile.of(scores, coverage))
            .mapToDouble(found -> found.orElse(Double.NaN))
            .toArray());
  }

  /** The scores of a partition's rows, and their confidences, in blocks. */
  private Iterator<Tuple2<Integer, ScoreBlock>> scored(Iterator<Row> rows) {
    return new Flattened<>() {
      @Override
      List<Tuple2<Integer, ScoreBlock>> more() {
        Map<Integer, List<Double>> scores = new TreeMap<>();
        List<Double> right = new ArrayList<>();
        List<Double> wrong = new ArrayList<>();
        for (int held = 0; held < HELD && rows.hasNext(); held++) {
          Row row = rows.next();
          int label = reader.labels(row)[0];
          double[] probabilities = reader.probabilities(row);
          int predicted = Predictions.argmax(probabilities);
          (predicted == label ? right : wrong).add(probabilities[predicted]);
          if (!settings.coverages().isEmpty()) {
            double u = PredictionSets.uniform(settings.seed(), reader.hash(row));
            scores
                .computeIfAbsent(settings.classConditional() ? label : 0, g -> new ArrayList<>())
                .add(settings.score().of(probabilities, u)[label]);
          }
        }
        List<Tuple2<Integer, ScoreBlock>> blocks = new ArrayList<>();
        scores.forEach((group, of) -> blocks.add(block(group, of, List.of())));
        if (!right.isEmpty() || !wrong.isEmpty()) {
          blocks.add(block(CONFIDENCES, right, wrong));
        }
        return blocks;
      }
    };
  }

  private static Tuple2<Integer, ScoreBlock> block(
      int group, List<Double> positives, List<Double> negatives) {
    return new Tuple2<>(group, new ScoreBlock(group, numbers(positives), numbers(negatives)));
  }

  private static double[] numbers(List<Double> list) {
    return list.stream().mapToDouble(value -> value).toArray();
  }
}
