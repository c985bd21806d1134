package org.sparkfinetune.evaluate;

import org.sparkfinetune.task.ProblemType;

/** Which accumulator rows of a problem type need that two classifiers have predicted. */
public final class PairedAccumulators {
  private PairedAccumulators() {}

  /**
   * An accumulator without rows, of two classifiers.
   *
   * @param first the probability from which on the first predicts a label, where a row may have
   *     several
   * @param second that of the second
   */
  public static PairedAccumulator of(
      ProblemType problemType, int labels, double first, double second) {
    return problemType.task().hasLabelSets()
        ? new MultiLabelPairs(labels, first, second)
        : new SingleLabelPairs(labels);
  }
}
