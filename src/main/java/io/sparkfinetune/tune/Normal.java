package io.sparkfinetune.tune;

/** The standard normal distribution. */
final class Normal {
  private static final double SQRT_PI = Math.sqrt(Math.PI);

  /** From here on the continued fraction converges fast, and the series loses digits. */
  private static final double TAIL = 2;

  private static final int TERMS = 70;

  private Normal() {}

  /** The mass between two numbers; in the upper tail as exact as in the lower one. */
  static double mass(double from, double to) {
    return from > 0 ? below(-from) - below(-to) : below(to) - below(from);
  }

  private static double below(double x) {
    return 0.5 * complementaryError(-x / Math.sqrt(2));
  }

  private static double complementaryError(double x) {
    if (x < 0) {
      return 2 - complementaryError(-x);
    }
    if (x < TAIL) {
      double term = x;
      double sum = x;
      for (int n = 1; n < TERMS; n++) {
        term *= 2 * x * x / (2 * n + 1);
        sum += term;
      }
      return 1 - 2 / SQRT_PI * Math.exp(-x * x) * sum;
    }
    double fraction = x;
    for (int n = TERMS; n > 0; n--) {
      fraction = x + n / 2.0 / fraction;
    }
    return Math.exp(-x * x) / SQRT_PI / fraction;
  }
}
