package org.sparkfinetune.evaluate;

import java.util.EnumMap;
import java.util.Map;

/** What rows of label sets add up to, by how many of their labels are predicted. */
final class LabelSetCounts {
  private long all;
  private long exact;
  private long hits;
  private long predicted;
  private long support;
  private double precision;
  private double recall;
  private double f1;

  /** How many of a row's labels are predicted. */
  static long hits(int[] ofRow, double[] probabilities, double threshold) {
    long hits = 0;
    for (int label : ofRow) {
      hits += probabilities[label] >= threshold ? 1 : 0;
    }
    return hits;
  }

  /** How many labels are predicted of a row. */
  static long predicted(double[] probabilities, double threshold) {
    long predicted = 0;
    for (double p : probabilities) {
      predicted += p >= threshold ? 1 : 0;
    }
    return predicted;
  }

  /**
   * Adds rows that are alike.
   *
   * @param right labels predicted rightly
   * @param given labels predicted
   * @param own labels that a row has
   */
  void add(long right, long given, long own, long rows) {
    Scores row = Scores.of(right, given, own);
    all += rows;
    exact += right == given && right == own ? rows : 0;
    hits += rows * right;
    predicted += rows * given;
    support += rows * own;
    precision += rows * row.precision();
    recall += rows * row.recall();
    f1 += rows * row.f1();
  }

  /** The metrics that come of these counts, of so many labels. */
  Map<Metric, Double> metrics(int labels) {
    Scores micro = Scores.of(hits, predicted, support);
    Map<Metric, Double> metrics = new EnumMap<>(Metric.class);
    metrics.put(Metric.ACCURACY, Scores.ratio(exact, all));
    metrics.put(Metric.HAMMING_LOSS, Scores.ratio(support + predicted - 2 * hits, all * labels));
    metrics.put(Metric.F1_MICRO, micro.f1());
    metrics.put(Metric.PRECISION_MICRO, micro.precision());
    metrics.put(Metric.RECALL_MICRO, micro.recall());
    metrics.put(Metric.F1_SAMPLES, f1 / all);
    metrics.put(Metric.PRECISION_SAMPLES, precision / all);
    metrics.put(Metric.RECALL_SAMPLES, recall / all);
    return metrics;
  }
}
