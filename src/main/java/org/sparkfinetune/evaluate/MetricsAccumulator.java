package org.sparkfinetune.evaluate;

import java.io.Serializable;

/**
 * Collects labeled rows with the probabilities that a classifier gives them: one by one, or each
 * process its own, which are then merged. The metrics are the same, bit for bit, in whatever order
 * the rows come and whoever has them. Not thread-safe.
 */
public interface MetricsAccumulator extends Serializable {
  /**
   * Adds one row.
   *
   * @param labels the indices of the row's labels, without repetitions; single-label: exactly one
   * @param probabilities the probability given to each label
   * @throws IllegalArgumentException when an index is not one of a label, or a probability is
   *     missing or not in [0, 1]; a little above 1 is let pass, since sums of floats round
   */
  void add(int[] labels, double[] probabilities);

  /**
   * All that {@link #merge} needs to know of the rows so far: sums and counts, unless a threshold
   * is to be found, for which it is all rows.
   */
  double[] state();

  /**
   * Adds the rows of another one, by its state; returns this one.
   *
   * @throws IllegalArgumentException when those are of more or fewer labels
   */
  MetricsAccumulator merge(double[] state);

  /** The metrics of the rows so far. */
  Metrics metrics();
}
