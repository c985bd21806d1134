package org.sparkfinetune.evaluate;

import java.io.Serializable;

/**
 * Finds the probability from which on labels are best predicted, by micro-F1, as {@link
 * ThresholdTuner} does, but to a ten-thousandth: what travels of the rows are counts, whose number
 * does not grow with them. Not thread-safe.
 */
public final class ThresholdGrid implements Serializable {
  private static final long serialVersionUID = 1L;

  private static final int STEPS = 10_000;

  private final int labels;

  /** Decisions whose probability reaches a step and not the next: those that are right, others. */
  private final double[] counts = new double[2 * (STEPS + 1)];

  /** One without rows. */
  public ThresholdGrid(int labels) {
    this.labels = labels;
  }

  /** Adds a row, as {@link MetricsAccumulator#add} is given it. */
  public void add(int[] ofRow, double[] probabilities) {
    boolean[] isLabel = Checks.indicators(ofRow, labels);
    for (int label = 0; label < labels; label++) {
      // As a threshold is compared: a probability that reaches it.
      int step = (int) Math.min(STEPS, Math.floor(probabilities[label] * STEPS));
      if (step / (double) STEPS > probabilities[label]) {
        step--;
      }
      counts[2 * step + (isLabel[label] ? 0 : 1)]++;
    }
  }

  /** All that {@link #merge} needs to know of the rows so far. */
  public double[] state() {
    return counts.clone();
  }

  /** Adds the rows of another one, by its state; returns this one. */
  public ThresholdGrid merge(double[] state) {
    for (int i = 0; i < counts.length; i++) {
      counts[i] += state[i];
    }
    return this;
  }

  /** The best one, from 0.0001 to 0.9999; of equals the nearest to 0.5. */
  public double best() {
    double positives = 0;
    for (int step = 0; step <= STEPS; step++) {
      positives += counts[2 * step];
    }
    double best = 0.5;
    double bestF1 = -1;
    double hits = counts[2 * STEPS];
    double misses = counts[2 * STEPS + 1];
    for (int step = STEPS - 1; step > 0; step--) {
      hits += counts[2 * step];
      misses += counts[2 * step + 1];
      double f1 = Scores.ratio(2 * hits, (long) (hits + misses + positives));
      double threshold = step / (double) STEPS;
      if (f1 > bestF1 || f1 == bestF1 && Math.abs(threshold - 0.5) < Math.abs(best - 0.5)) {
        best = threshold;
        bestF1 = f1;
      }
    }
    return best;
  }
}
