package org.sparkfinetune.evaluate;

import java.util.OptionalDouble;
import org.sparkfinetune.task.ProblemType;

/** Which accumulator rows of a problem type need. */
public final class Accumulators {
  private Accumulators() {}

  /**
   * An accumulator without rows.
   *
   * @param labels how many labels there are
   * @param threshold the probability from which on a label is predicted, where a row may have
   *     several; empty for the one that is best for the very rows, see {@link ThresholdTuner}
   */
  public static MetricsAccumulator of(
      ProblemType problemType, int labels, OptionalDouble threshold) {
    if (!problemType.task().hasLabelSets()) {
      return new ClassificationMetrics.Accumulator(labels);
    }
    return threshold.isPresent()
        ? new MultiLabelMetrics.Accumulator(labels, threshold.getAsDouble())
        : new ThresholdAccumulator(labels);
  }

  /**
   * An accumulator without rows, for intervals.
   *
   * @param threshold the probability from which on a label is predicted, where a row may have
   *     several
   */
  public static IntervalAccumulator ofIntervals(
      ProblemType problemType, int labels, double threshold) {
    return problemType.task().hasLabelSets()
        ? new MultiLabelIntervals(labels, threshold)
        : new SingleLabelIntervals(labels);
  }
}
