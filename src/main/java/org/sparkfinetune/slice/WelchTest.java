package org.sparkfinetune.slice;

import org.apache.commons.math3.special.Beta;

/** Welch's t-test (1947) that the mean of some rows is greater than that of the others. */
final class WelchTest {
  private WelchTest() {}

  /**
   * Rows as the test knows them.
   *
   * @param sum of their values
   * @param squares of their values, added up
   */
  record Sample(long rows, double sum, double squares) {
    double mean() {
      return sum / rows;
    }

    /** The variance of the mean. */
    double variance() {
      return Math.max(0, squares - sum * mean()) / (rows - 1) / rows;
    }
  }

  /**
   * How likely so large a difference of the means or a larger one would be, were they equal:
   * one-sided. 1 where a sample has fewer than two rows; where neither varies 0 or 1, as the means
   * are.
   */
  static double pValue(Sample sample, Sample others) {
    if (sample.rows() < 2 || others.rows() < 2) {
      return 1;
    }
    double one = sample.variance();
    double two = others.variance();
    double difference = sample.mean() - others.mean();
    if (one + two == 0) {
      return difference > 0 ? 0 : 1;
    }
    double t = difference / Math.sqrt(one + two);
    double freedom =
        (one + two)
            * (one + two)
            / (one * one / (sample.rows() - 1) + two * two / (others.rows() - 1));
    double beyond = 0.5 * Beta.regularizedBeta(freedom / (freedom + t * t), freedom / 2, 0.5);
    return t > 0 ? beyond : 1 - beyond;
  }
}
