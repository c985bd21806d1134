package org.sparkfinetune.evaluate;

import java.util.SplittableRandom;

/** Draws how many of some trials succeed. */
final class Binomial {
  /** Expected successes below which counting up from none is fast. */
  private static final double FEW = 10;

  private static final double[] STIRLING = {
    0.08106146679532726, 0.04134069595540929, 0.02767792568499834, 0.02079067210376509,
    0.01664469118982119, 0.01387612882307075, 0.01189670994589177, 0.01041126526197209,
    0.009255462182712733, 0.008330563433362871
  };

  private Binomial() {}

  /**
   * A draw.
   *
   * @param n trials
   * @param p of success, from 0 to 1
   */
  static long draw(long n, double p, SplittableRandom random) {
    if (p > 0.5) {
      return n - draw(n, 1 - p, random);
    }
    if (n == 0 || p <= 0) {
      return 0;
    }
    return n * p < FEW ? inverted(n, p, random) : rejected(n, p, random);
  }

  private static long inverted(long n, double p, SplittableRandom random) {
    double odds = p / (1 - p);
    double mass = Math.exp(n * Math.log1p(-p));
    double u = random.nextDouble();
    long k = 0;
    while (u > mass && k < n) {
      u -= mass;
      k++;
      mass *= (n - k + 1) * odds / k;
    }
    return k;
  }

  /** Algorithm BTRS of Hoermann (1993), "The generation of binomial random variates". */
  private static long rejected(long n, double p, SplittableRandom random) {
    double deviation = Math.sqrt(n * p * (1 - p));
    double b = 1.15 + 2.53 * deviation;
    double a = -0.0873 + 0.0248 * b + 0.01 * p;
    double center = n * p + 0.5;
    double squeeze = 0.92 - 4.2 / b;
    double alpha = (2.83 + 5.1 / b) * deviation;
    double mode = Math.floor((n + 1) * p);
    double odds = p / (1 - p);
    while (true) {
      double u = random.nextDouble() - 0.5;
      double v = random.nextDouble();
      double us = 0.5 - Math.abs(u);
      double k = Math.floor((2 * a / us + b) * u + center);
      if (k < 0 || k > n) {
        continue;
      }
      if (us >= 0.07 && v <= squeeze) {
        return (long) k;
      }
      double bound =
          (mode + 0.5) * Math.log((mode + 1) / (odds * (n - mode + 1)))
              + (n + 1) * Math.log((n - mode + 1) / (n - k + 1))
              + (k + 0.5) * Math.log(odds * (n - k + 1) / (k + 1))
              + stirling(mode)
              + stirling(n - mode)
              - stirling(k)
              - stirling(n - k);
      if (Math.log(v * alpha / (a / (us * us) + b)) <= bound) {
        return (long) k;
      }
    }
  }

  /** What Stirling's formula lacks of {@code ln k!}. */
  private static double stirling(double k) {
    if (k < STIRLING.length) {
      return STIRLING[(int) k];
    }
    double next = k + 1;
    return (1.0 / 12 - (1.0 / 360 - 1.0 / 1260 / (next * next)) / (next * next)) / next;
  }
}
