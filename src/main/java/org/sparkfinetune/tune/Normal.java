package org.sparkfinetune.tune;

import org.apache.commons.numbers.gamma.ErfDifference;

/** The standard normal distribution. */
final class Normal {
  private static final double SQRT_2 = Math.sqrt(2);

  private Normal() {}

  /** The mass between two numbers; in the upper tail as exact as in the lower one. */
  static double mass(double from, double to) {
    return 0.5 * ErfDifference.value(from / SQRT_2, to / SQRT_2);
  }
}
