package org.sparkfinetune.evaluate;

/**
 * Log loss of single labels in nats: the mean of {@code -ln p(label)}, with p clipped to {@code
 * [eps, 1 - eps]} for the double's eps, 2^-52, as scikit-learn clips.
 */
final class LogLoss extends RowMean {
  private static final long serialVersionUID = 2L;
  private static final double EPS = Math.ulp(1.0);

  @Override
  double of(int[] labels, double[] probabilities) {
    return -log(probabilities[labels[0]]);
  }

  /** {@code ln p}, clipped. */
  static double log(double probability) {
    return Math.log(Math.min(Math.max(probability, EPS), 1 - EPS));
  }
}
