package org.sparkfinetune.slice;

import org.sparkfinetune.PublicApi;

/** What makes a slice worse than the other rows. */
@PublicApi
public enum WorstBy {
  /** More rows are predicted wrongly, by Fisher's exact test. */
  ERROR,
  /** The mean log loss is higher, by Welch's t-test. */
  LOSS;

  double badness(ErrorSums rows) {
    if (rows.rows() == 0) {
      return 0;
    }
    return this == ERROR ? rows.errorRate() : rows.losses().mean();
  }

  double pValue(ErrorSums all, ErrorSums slice) {
    return this == ERROR
        ? FisherExact.pValue(all.rows(), all.wrong(), slice.rows(), slice.wrong())
        : WelchTest.pValue(slice.losses(), all.without(slice).losses());
  }

  /** The test, for people. */
  public String test() {
    return this == ERROR ? "Fisher's exact test, one-sided" : "Welch's t-test, one-sided";
  }
}
