package org.sparkfinetune.evaluate;

import java.util.Arrays;

/** Whether rows are such as can be measured. */
final class Checks {
  /** Sums of floats round. */
  private static final double SLACK = 1e-6;

  private Checks() {}

  static void probabilities(double[] probabilities, int labels) {
    if (probabilities.length != labels) {
      throw new IllegalArgumentException(
          probabilities.length + " probabilities for " + labels + " labels");
    }
    for (double p : probabilities) {
      if (!(p >= 0 && p <= 1 + SLACK)) {
        throw new IllegalArgumentException("probability " + p + ": expected 0 to 1");
      }
    }
  }

  /** By label, whether the row has it. */
  static boolean[] indicators(int[] ofRow, int labels) {
    boolean[] indicators = new boolean[labels];
    for (int label : ofRow) {
      if (label < 0 || label >= labels || indicators[label]) {
        throw new IllegalArgumentException(
            "labels "
                + Arrays.toString(ofRow)
                + ": expected different ones from 0 to "
                + (labels - 1));
      }
      indicators[label] = true;
    }
    return indicators;
  }

  static void sameLabels(double others, int own, String noun) {
    if (others != own) {
      throw new IllegalArgumentException(
          "cannot merge " + (long) others + " " + noun + " into " + own);
    }
  }
}
