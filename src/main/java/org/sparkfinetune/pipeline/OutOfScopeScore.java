package org.sparkfinetune.pipeline;

import java.util.Locale;

/**
 * What tells rows of no label from the others: the higher, the less a row is like those that the
 * model was trained on.
 */
public enum OutOfScopeScore {
  /** None. */
  NONE,
  /** What the largest probability lacks to 1 (Hendrycks and Gimpel, 2017). */
  MAX_SOFTMAX,
  /** The free energy of the logits, {@code -ln(sum(exp(logit)))} (Liu et al., 2020). */
  ENERGY,
  /** The distance of the pooled vector from the nearest class mean (Lee et al., 2018). */
  MAHALANOBIS;

  /** Its name in settings. */
  public String spelling() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The energy of logits. */
  static double energy(double[] logits) {
    double max = Double.NEGATIVE_INFINITY;
    for (double logit : logits) {
      max = Math.max(max, logit);
    }
    double sum = 0;
    for (double logit : logits) {
      sum += Math.exp(logit - max);
    }
    return -(max + Math.log(sum));
  }
}
