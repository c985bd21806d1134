package org.sparkfinetune.slice;

import java.util.Comparator;
import java.util.stream.IntStream;

/**
 * Holm's correction for several tests (1979): whatever depends on what, the probability that any of
 * the slices below a level is there by chance alone is not above that level.
 */
public final class Holm {
  private Holm() {}

  /** The corrected p-values of tests, in their order. */
  public static double[] adjusted(double[] pValues) {
    int tests = pValues.length;
    double[] adjusted = new double[tests];
    double largest = 0;
    int[] ascending =
        IntStream.range(0, tests)
            .boxed()
            .sorted(Comparator.comparingDouble(test -> pValues[test]))
            .mapToInt(Integer::intValue)
            .toArray();
    for (int rank = 0; rank < tests; rank++) {
      largest = Math.max(largest, Math.min(1, (tests - rank) * pValues[ascending[rank]]));
      adjusted[ascending[rank]] = largest;
    }
    return adjusted;
  }
}
