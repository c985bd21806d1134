package org.sparkfinetune.train;

/**
 * Whether it is time to stop: after some evaluations in a row that were no better than the best
 * before, as Hugging Face's {@code EarlyStoppingCallback} counts them.
 */
final class EarlyStopping {
  private final int patience;
  private final double threshold;
  private final boolean greaterIsBetter;
  private double best;
  private int worse;

  /**
   * Starts before the first evaluation.
   *
   * @param patience evaluations that may be no better; 0 never stops
   * @param threshold by how much a metric has to be better to count as better
   */
  EarlyStopping(int patience, double threshold, boolean greaterIsBetter) {
    this.patience = patience;
    this.threshold = threshold;
    this.greaterIsBetter = greaterIsBetter;
    this.best = greaterIsBetter ? Double.NEGATIVE_INFINITY : Double.POSITIVE_INFINITY;
  }

  /** Takes an evaluation's metric. */
  void offer(double metric) {
    double gain = greaterIsBetter ? metric - best : best - metric;
    worse = gain > threshold ? 0 : worse + 1;
    // A gain too small to reset the count is the best there is all the same.
    best = gain > 0 ? metric : best;
  }

  /** Whether to stop. */
  boolean isDue() {
    return patience > 0 && worse >= patience;
  }

  /** The best metric so far; infinite before the first. */
  double best() {
    return best;
  }

  /** Evaluations since the last that was better. */
  int worse() {
    return worse;
  }

  /** Goes on where another one stood. */
  void resume(double bestMetric, int worseEvaluations) {
    best = bestMetric;
    worse = worseEvaluations;
  }
}
