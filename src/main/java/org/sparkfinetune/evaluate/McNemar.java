package org.sparkfinetune.evaluate;

import org.apache.commons.math3.special.Beta;

/** McNemar's exact test (1947) of two classifiers on the same rows. */
final class McNemar {
  private McNemar() {}

  /**
   * How likely it is that, of the rows that one of the two gets right alone, so uneven a share or a
   * more uneven one is the first's, if each of these rows were either's with the same probability:
   * the two-sided binomial test with p = 1/2. 1 without such rows.
   *
   * @param onlyFirst rows that the first alone gets right
   * @param onlySecond rows that the second alone gets right
   */
  static double pValue(long onlyFirst, long onlySecond) {
    long rows = onlyFirst + onlySecond;
    long fewer = Math.min(onlyFirst, onlySecond);
    if (2 * fewer == rows) {
      return 1;
    }
    // P(X <= k) = I_1/2(n - k, k + 1), and p = 1/2 makes both tails the same.
    return Math.min(1, 2 * Beta.regularizedBeta(0.5, rows - fewer, fewer + 1.0));
  }
}
