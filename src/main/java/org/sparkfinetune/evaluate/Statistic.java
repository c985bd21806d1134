package org.sparkfinetune.evaluate;

import java.io.Serializable;

/**
 * What rows add up to, for one {@link Metric}: the same, bit for bit, whatever order they come in
 * and however many processes share them. Not thread-safe.
 */
interface Statistic extends Serializable {
  /**
   * Adds one row.
   *
   * @param labels the indices of its labels, without repetitions; single-label: the one
   * @param probabilities the probability given to each label, each in [0, 1]
   */
  void add(int[] labels, double[] probabilities);

  /** All that {@link #merge} needs to know of the rows so far; of any length. */
  double[] state();

  /** Adds the rows of another one, by its state. */
  void merge(double[] state);

  /** The metric of the rows so far; 0 without rows. */
  double value();
}
