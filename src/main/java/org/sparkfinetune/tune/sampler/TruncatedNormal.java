package org.sparkfinetune.tune.sampler;

import org.apache.commons.numbers.gamma.ErfDifference;
import org.apache.commons.numbers.gamma.Erfc;
import org.apache.commons.numbers.gamma.Erfcx;

/**
 * The standard normal distribution cut to an interval, in logarithms: far out in a tail, where a
 * probability is 0 in doubles, its logarithm still tells candidates apart.
 */
final class TruncatedNormal {
  private static final double SQRT_2 = Math.sqrt(2);
  private static final double LOG_SQRT_2_PI = 0.5 * Math.log(2 * Math.PI);

  /** Below this log probability a normal's tail is better approximated than a logistic's. */
  private static final double TAIL = -5;

  private static final double NEAR_ONE = -1e-2;
  private static final int MOST_STEPS = 100;

  private TruncatedNormal() {}

  /** The log probability of what lies below. */
  static double logBelow(double x) {
    return x > 0
        ? Math.log1p(-0.5 * Erfc.value(x / SQRT_2))
        : Math.log(0.5 * Erfcx.value(-x / SQRT_2)) - 0.5 * x * x;
  }

  /** The log probability of what lies between. */
  static double logMass(double low, double high) {
    if (low > 0) {
      // The left tail is the exact one.
      return logMass(-high, -low);
    }
    if (high <= 0) {
      double most = logBelow(high);
      return most + Math.log1p(-Math.exp(logBelow(low) - most));
    }
    // Of a mass near 1 what is missing has the digits, of a smaller one the mass itself.
    return low < -1 && high > 1
        ? Math.log1p(-0.5 * Erfc.value(-low / SQRT_2) - 0.5 * Erfc.value(high / SQRT_2))
        : Math.log(0.5 * ErfDifference.value(low / SQRT_2, high / SQRT_2));
  }

  /** The log density of the whole distribution. */
  static double logDensity(double x) {
    return -0.5 * x * x - LOG_SQRT_2_PI;
  }

  /** The point below which a share of what lies between two bounds lies. */
  static double quantile(double share, double low, double high) {
    if (share <= 0) {
      return low;
    }
    double mass = logMass(low, high);
    double x =
        low < 0
            ? inverseLogBelow(logSum(logBelow(low), Math.log(share) + mass))
            : -inverseLogBelow(logSum(logBelow(-high), Math.log1p(-share) + mass));
    return Math.max(low, Math.min(high, x));
  }

  /** The inverse of {@link #logBelow}, by Newton's method. */
  static double inverseLogBelow(double y) {
    if (y >= 0) {
      return Double.POSITIVE_INFINITY;
    }
    if (y > NEAR_ONE) {
      // Of the other tail, which has the digits.
      return -inverseLogBelow(Math.log(-Math.expm1(y)));
    }
    double x =
        y < TAIL
            ? -Math.sqrt(-2 * (y + LOG_SQRT_2_PI))
            : -Math.sqrt(3) / Math.PI * Math.log(Math.expm1(-y));
    for (int step = 0; step < MOST_STEPS; step++) {
      double below = logBelow(x);
      double change = (below - y) * Math.exp(below - logDensity(x));
      x -= change;
      if (Math.abs(change) < 1e-8 * Math.abs(x)) {
        // Each step doubles the digits.
        break;
      }
    }
    return x;
  }

  private static double logSum(double p, double q) {
    double most = Math.max(p, q);
    return most == Double.NEGATIVE_INFINITY
        ? most
        : most + Math.log1p(Math.exp(Math.min(p, q) - most));
  }
}
