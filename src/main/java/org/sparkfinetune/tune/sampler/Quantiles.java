package org.sparkfinetune.tune.sampler;

import org.sparkfinetune.tune.CategoricalDistribution;
import org.sparkfinetune.tune.Distribution;
import org.sparkfinetune.tune.FloatDistribution;
import org.sparkfinetune.tune.IntDistribution;

/** A distribution's values, by their number or by their share of the whole. */
final class Quantiles {
  private Quantiles() {}

  /** The only value of a distribution that has no more. */
  static Object only(Distribution distribution) {
    return distribution.values().get(0);
  }

  /**
   * The value below which a share of the distribution lies.
   *
   * @param share at least 0, less than 1
   */
  static Object at(Distribution distribution, double share) {
    if (distribution instanceof CategoricalDistribution choices) {
      return nth(choices, (long) (share * choices.choices().size()));
    }
    if (distribution instanceof IntDistribution ints) {
      if (!ints.log()) {
        double count = ((double) ints.high() - ints.low()) / ints.step() + 1;
        return nth(ints, Math.min((long) (share * count), (long) count - 1));
      }
      // Half a number more on either side, so that each has its share of the logarithms.
      double value = between(Math.log(ints.low() - 0.5), Math.log(ints.high() + 0.5), share);
      return Math.max(ints.low(), Math.min(ints.high(), Math.round(Math.exp(value))));
    }
    FloatDistribution floats = (FloatDistribution) distribution;
    if (floats.step() > 0) {
      return nth(floats, (long) (share * count(floats)));
    }
    double value =
        floats.log()
            ? Math.exp(between(Math.log(floats.low()), Math.log(floats.high()), share))
            : between(floats.low(), floats.high(), share);
    return Math.max(floats.low(), Math.min(floats.high(), value));
  }

  /**
   * How many values there are.
   *
   * @throws org.sparkfinetune.UserException when they cannot be counted
   */
  static long count(Distribution distribution) {
    if (distribution instanceof IntDistribution ints) {
      return Math.addExact(Math.subtractExact(ints.high(), ints.low()) / ints.step(), 1);
    }
    if (distribution instanceof FloatDistribution floats && floats.step() > 0) {
      return Math.round((floats.high() - floats.low()) / floats.step()) + 1;
    }
    return distribution.values().size();
  }

  /** A value by its number, from 0, in order, of those that can be counted. */
  static Object nth(Distribution distribution, long n) {
    if (distribution instanceof IntDistribution ints) {
      return ints.low() + n * ints.step();
    }
    if (distribution instanceof FloatDistribution floats && floats.step() > 0) {
      return floats.nth(n);
    }
    return distribution.values().get((int) n);
  }

  private static double between(double low, double high, double share) {
    return low * (1 - share) + high * share;
  }
}
