package org.sparkfinetune.slice;

import org.apache.commons.math3.distribution.HypergeometricDistribution;

/** Fisher's exact test (1922) that the rows of a slice have more errors than the other rows. */
final class FisherExact {
  /** What is below this share of a sum does not change it. */
  private static final double NOTHING = 1e-18;

  private FisherExact() {}

  /**
   * How likely so many errors or more would be in a slice, were it drawn from all rows by chance:
   * one-sided, the upper tail of the hypergeometric distribution.
   *
   * @param rows all of them
   * @param errors of all rows
   * @param ofSlice rows of the slice
   * @param errorsOfSlice errors of these
   */
  static double pValue(long rows, long errors, long ofSlice, long errorsOfSlice) {
    long least = Math.max(0, ofSlice + errors - rows);
    long most = Math.min(errors, ofSlice);
    if (errorsOfSlice <= least) {
      return 1;
    }
    Tail tail = new Tail(rows, errors, ofSlice);
    // From the side that is the shorter one, so that no digits are lost.
    double mean = (double) ofSlice * errors / rows;
    return errorsOfSlice > mean
        ? Math.min(1, tail.upwards(errorsOfSlice, most))
        : Math.max(0, 1 - tail.downwards(errorsOfSlice - 1, least));
  }

  /** Sums of the probabilities of counts, each from the one beside it. */
  private record Tail(long rows, long errors, long ofSlice) {
    private double probability(long count) {
      return new HypergeometricDistribution(
              null, Math.toIntExact(rows), Math.toIntExact(errors), Math.toIntExact(ofSlice))
          .probability((int) count);
    }

    /** The probability of one error more than {@code count}, by that of {@code count}. */
    private double ratio(double count) {
      return (errors - count)
          / (count + 1)
          * ((ofSlice - count) / (rows - errors - ofSlice + count + 1));
    }

    double upwards(long from, long to) {
      double term = probability(from);
      double sum = term;
      for (long count = from; count < to && term > NOTHING * sum; count++) {
        term *= ratio(count);
        sum += term;
      }
      return sum;
    }

    double downwards(long from, long to) {
      double term = probability(from);
      double sum = term;
      for (long count = from; count > to && term > NOTHING * sum; count--) {
        term /= ratio(count - 1);
        sum += term;
      }
      return sum;
    }
  }
}
