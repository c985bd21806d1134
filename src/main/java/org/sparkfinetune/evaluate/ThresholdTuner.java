package org.sparkfinetune.evaluate;

import java.util.Arrays;

/**
 * Finds the probability from which on labels are best predicted: one threshold for all labels, of
 * the highest micro-F1.
 *
 * <p>The search is exact. A threshold matters only by which probabilities reach it, so one stands
 * for each gap between two neighboring probabilities: its middle, which leaves room on both sides
 * for the rounding of another machine. 0.5 is a candidate too, and of equals the one nearest 0.5
 * wins. Time is that of sorting, rows times labels.
 */
public final class ThresholdTuner {
  private static final double MIDDLE = 0.5;

  private ThresholdTuner() {}

  /**
   * The best threshold, above 0 and below 1; 0.5 when no row has a label.
   *
   * @param labels the label indices of each row
   * @param probabilities the probability of each label, for each row
   */
  public static double best(int[][] labels, double[][] probabilities) {
    int total = Arrays.stream(probabilities).mapToInt(row -> row.length).sum();
    int positives = Arrays.stream(labels).mapToInt(row -> row.length).sum();
    double[] has = new double[positives];
    double[] hasNot = new double[total - positives];
    split(labels, probabilities, has, hasNot);
    Arrays.sort(has);
    Arrays.sort(hasNot);

    double best = MIDDLE;
    double bestF1 = f1(has, hasNot, MIDDLE);
    double[] all = Arrays.copyOf(has, total);
    System.arraycopy(hasNot, 0, all, positives, hasNot.length);
    Arrays.sort(all);
    int i = positives - 1;
    int j = hasNot.length - 1;
    for (int k = total - 1; k >= 0; k--) {
      double lower = k == 0 ? 0 : all[k - 1];
      if (lower == all[k]) {
        continue;
      }
      // Every probability down to all[k] is predicted.
      while (i >= 0 && has[i] >= all[k]) {
        i--;
      }
      while (j >= 0 && hasNot[j] >= all[k]) {
        j--;
      }
      double f1 = f1(positives - 1 - i, hasNot.length - 1 - j, positives);
      double candidate = between(lower, all[k]);
      boolean nearer = Math.abs(candidate - MIDDLE) < Math.abs(best - MIDDLE);
      if (candidate < 1 && (f1 > bestF1 || f1 == bestF1 && nearer)) {
        best = candidate;
        bestF1 = f1;
      }
    }
    return best;
  }

  private static void split(
      int[][] labels, double[][] probabilities, double[] has, double[] hasNot) {
    int i = 0;
    int j = 0;
    for (int row = 0; row < labels.length; row++) {
      boolean[] isLabel = new boolean[probabilities[row].length];
      for (int label : labels[row]) {
        isLabel[label] = true;
      }
      for (int label = 0; label < isLabel.length; label++) {
        if (isLabel[label]) {
          has[i++] = probabilities[row][label];
        } else {
          hasNot[j++] = probabilities[row][label];
        }
      }
    }
  }

  private static double f1(double[] has, double[] hasNot, double threshold) {
    long hits = Arrays.stream(has).filter(p -> p >= threshold).count();
    long misses = Arrays.stream(hasNot).filter(p -> p >= threshold).count();
    return f1(hits, misses, has.length);
  }

  private static double f1(long hits, long misses, long positives) {
    return Scores.ratio(2 * hits, hits + misses + positives);
  }

  /** Above {@code lower}, at most {@code upper}. */
  private static double between(double lower, double upper) {
    double middle = lower + (upper - lower) / 2;
    return middle > lower ? middle : upper;
  }
}
