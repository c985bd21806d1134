package org.sparkfinetune.evaluate;

import java.io.Serializable;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * What the same labeled rows say of two classifiers.
 *
 * @param first metrics of the first
 * @param second metrics of the second
 * @param bothRight rows whose labels both predict exactly
 * @param onlyFirstRight rows that the first alone gets right
 * @param onlySecondRight rows that the second alone gets right
 * @param bothWrong rows that neither gets right
 * @param agreements rows of which both predict the same, rightly or wrongly
 * @param disagreements what the two predict where they do not, the most rows first, at most {@value
 *     #DISAGREEMENTS}; empty where a row may have several labels
 * @param intervals of the first's metrics less the second's; empty where none were asked for
 */
public record PairedMetrics(
    Metrics first,
    Metrics second,
    long bothRight,
    long onlyFirstRight,
    long onlySecondRight,
    long bothWrong,
    long agreements,
    List<Disagreement> disagreements,
    Map<Metric, Interval> intervals)
    implements Serializable {
  static final int DISAGREEMENTS = 50;

  /**
   * Rows of a label that the two predict differently.
   *
   * @param label its index
   * @param first the index of what the first predicts
   * @param second the index of what the second predicts
   * @param rows how many
   */
  public record Disagreement(int label, int first, int second, long rows) implements Serializable {}

  private static final String SUFFIX = "_difference";

  /** The share of rows, from 0 to 1, of which both predict the same; 0 without rows. */
  public double agreement() {
    return Scores.ratio(agreements, first.n());
  }

  /** Of McNemar's exact test that both get as many rows right: see {@link McNemar#pValue}. */
  public double pValue() {
    return McNemar.pValue(onlyFirstRight, onlySecondRight);
  }

  /**
   * The first's metrics less the second's, by name: as {@code accuracy_difference}, with the ends
   * of its interval, {@code accuracy_difference_ci_low} and {@code accuracy_difference_ci_high},
   * where it has one.
   */
  public Map<String, Double> differences() {
    Map<String, Double> ofFirst = first.toMap("");
    Map<String, Double> ofSecond = second.toMap("");
    Map<Metric, Double> differences = new EnumMap<>(Metric.class);
    differences.put(Metric.ACCURACY, first.accuracy() - second.accuracy());
    for (Metric metric : intervals.keySet()) {
      differences.put(metric, ofFirst.get(metric.key()) - ofSecond.get(metric.key()));
    }
    return IntervalNames.named(metric -> metric.key() + SUFFIX, differences, intervals);
  }
}
