package org.sparkfinetune.evaluate;

/** The logarithm that log losses are sums of. */
final class LogLoss {
  private static final double EPS = Math.ulp(1.0);

  private LogLoss() {}

  /**
   * {@code ln p}, with p clipped to {@code [eps, 1 - eps]} for the double's eps, 2^-52, as
   * scikit-learn clips.
   */
  static double log(double probability) {
    return Math.log(Math.min(Math.max(probability, EPS), 1 - EPS));
  }
}
