package org.sparkfinetune.audit;

/**
 * Which rows are called label issues: the names and definitions of cleanlab's {@code filter_by}.
 */
public enum IssueFilter {
  /**
   * Of each class and each other class, as many rows as the confident joint counts there: those
   * with the largest margin of the other class over the given one.
   */
  PRUNE_BY_NOISE_RATE,

  /**
   * Of each class, as many rows as the confident joint counts in others: those whose given label is
   * least probable.
   */
  PRUNE_BY_CLASS,

  /** What both of the former find. */
  BOTH,

  /** The rows that the confident joint counts in another class than theirs. */
  CONFIDENT_LEARNING,

  /** The rows whose most probable class is not theirs. */
  PREDICTED_NEQ_GIVEN;

  boolean byNoiseRate() {
    return this == PRUNE_BY_NOISE_RATE || this == BOTH;
  }

  boolean byClass() {
    return this == PRUNE_BY_CLASS || this == BOTH;
  }
}
