package org.sparkfinetune.evaluate;

import java.io.Serializable;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/** The metrics that come of the counts of a {@link ConfusionMatrix} alone. */
final class ConfusionScores {
  private ConfusionScores() {}

  /**
   * What of a matrix counts.
   *
   * @param correct rows of a class that were predicted to be of it
   * @param predictions rows that were predicted to be of a class
   * @param support rows of a class
   */
  record Counts(long[] correct, long[] predictions, long[] support) implements Serializable {
    static Counts none(int classes) {
      return new Counts(new long[classes], new long[classes], new long[classes]);
    }

    static Counts of(ConfusionMatrix matrix) {
      Counts counts = none(matrix.classes());
      matrix.cells().forEach(cell -> counts.add(cell.label(), cell.predicted(), cell.count()));
      return counts;
    }

    void add(int label, int predicted, long rows) {
      support[label] += rows;
      predictions[predicted] += rows;
      correct[label] += label == predicted ? rows : 0;
    }

    long total() {
      return Arrays.stream(support).sum();
    }

    boolean occurs(int label) {
      return support[label] > 0 || predictions[label] > 0;
    }
  }

  /** All of them, in the order that {@link Metric} has. */
  static Map<Metric, Double> of(Counts counts) {
    List<Scores> perLabel = perLabel(counts);
    Scores macro = macro(counts, perLabel);
    Scores weighted = weighted(counts, perLabel);
    double accuracy = Scores.ratio(Arrays.stream(counts.correct()).sum(), counts.total());
    Map<Metric, Double> metrics = new EnumMap<>(Metric.class);
    metrics.put(Metric.ACCURACY, accuracy);
    metrics.put(Metric.BALANCED_ACCURACY, balancedAccuracy(counts, perLabel));
    metrics.put(Metric.F1, macro.f1());
    metrics.put(Metric.F1_MICRO, accuracy);
    metrics.put(Metric.F1_WEIGHTED, weighted.f1());
    metrics.put(Metric.PRECISION, macro.precision());
    metrics.put(Metric.PRECISION_MICRO, accuracy);
    metrics.put(Metric.PRECISION_WEIGHTED, weighted.precision());
    metrics.put(Metric.RECALL, macro.recall());
    metrics.put(Metric.RECALL_MICRO, accuracy);
    metrics.put(Metric.RECALL_WEIGHTED, weighted.recall());
    agreement(counts, metrics);
    return metrics;
  }

  static List<Scores> perLabel(Counts counts) {
    return IntStream.range(0, counts.support().length)
        .mapToObj(
            label ->
                Scores.of(
                    counts.correct()[label], counts.predictions()[label], counts.support()[label]))
        .toList();
  }

  static Scores macro(Counts counts, List<Scores> perLabel) {
    return Scores.mean(perLabel, counts::occurs, label -> 1, counts.total());
  }

  static Scores weighted(Counts counts, List<Scores> perLabel) {
    return Scores.mean(perLabel, counts::occurs, label -> counts.support()[label], counts.total());
  }

  /** The mean recall of the classes that have rows, as scikit-learn's. */
  private static double balancedAccuracy(Counts counts, List<Scores> perLabel) {
    return Scores.mean(perLabel, label -> counts.support()[label] > 0, label -> 1, 0).recall();
  }

  /**
   * Matthews' correlation of labels and predictions (Gorodkin, 2004) and Cohen's kappa without
   * weights; each is 0 where its denominator is, as where all rows are of one class and predicted
   * so.
   */
  private static void agreement(Counts counts, Map<Metric, Double> metrics) {
    double n = counts.total();
    double correct = 0;
    double byChance = 0;
    double labels = 0;
    double predictions = 0;
    for (int label = 0; label < counts.support().length; label++) {
      double support = counts.support()[label];
      double predicted = counts.predictions()[label];
      correct += counts.correct()[label];
      byChance += support * predicted;
      labels += support * support;
      predictions += predicted * predicted;
    }
    double covariance = correct * n - byChance;
    double variances = (n * n - labels) * (n * n - predictions);
    metrics.put(Metric.MCC, variances == 0 ? 0 : covariance / Math.sqrt(variances));
    double beyondChance = n * n - byChance;
    metrics.put(Metric.COHEN_KAPPA, beyondChance == 0 ? 0 : covariance / beyondChance);
  }
}
