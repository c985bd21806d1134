package org.sparkfinetune.tune;

import java.math.BigDecimal;
import java.util.List;
import java.util.stream.LongStream;
import org.sparkfinetune.PublicApi;
import org.sparkfinetune.UserException;

/**
 * Numbers from low to high, both among them.
 *
 * @param log whether their logarithms are spread evenly, not they
 * @param step between two values, from low on; 0 for none
 */
@PublicApi
public record FloatDistribution(double low, double high, boolean log, double step)
    implements Distribution {
  /**
   * Checks the bounds; a high that is not a step is brought down to one.
   *
   * @throws UserException when there is no such distribution
   */
  public FloatDistribution {
    if (!Double.isFinite(low) || !Double.isFinite(high) || low > high) {
      throw new UserException("low " + low + ", high " + high + ": expected low <= high");
    }
    if (log && low <= 0) {
      throw new UserException("low " + low + " with log: expected low > 0");
    }
    if (!(step >= 0) || log && step != 0) {
      throw new UserException(
          "step " + step + ": expected a step > 0 without log, or none, for every number");
    }
    if (step > 0) {
      // In decimals: 0.1 * 3 is 0.30000000000000004 in doubles.
      BigDecimal range = BigDecimal.valueOf(high).subtract(BigDecimal.valueOf(low));
      BigDecimal steps = range.divideToIntegralValue(BigDecimal.valueOf(step));
      high = steps.multiply(BigDecimal.valueOf(step)).add(BigDecimal.valueOf(low)).doubleValue();
    }
  }

  @Override
  public boolean isSingle() {
    return low == high;
  }

  @Override
  public boolean contains(Object value) {
    if (!(value instanceof Number number)) {
      return false;
    }
    double v = number.doubleValue();
    if (step == 0) {
      return low <= v && v <= high;
    }
    double k = (v - low) / step;
    return low <= v && v <= high && Math.abs(k - Math.rint(k)) < 1e-8;
  }

  @Override
  public double toInternal(Object value) {
    return ((Number) value).doubleValue();
  }

  @Override
  public Object toExternal(double internal) {
    return step > 0 ? (Object) nth(Math.round((internal - low) / step)) : (Object) internal;
  }

  @Override
  public List<Object> values() {
    if (isSingle()) {
      return List.of(low);
    }
    if (step == 0) {
      throw new UserException(
          "a float without a step has no countable values: give it a step, or choices");
    }
    return LongStream.rangeClosed(0, Math.round((high - low) / step))
        .mapToObj(i -> (Object) nth(i))
        .toList();
  }

  /**
   * A value by its number, from 0, where there is a step. In decimals, as a user would write it:
   * 0.1 * 3 is 0.30000000000000004 in doubles.
   */
  public double nth(long n) {
    return BigDecimal.valueOf(step)
        .multiply(BigDecimal.valueOf(n))
        .add(BigDecimal.valueOf(low))
        .doubleValue();
  }

  /** As in the configuration. */
  @Override
  public String toString() {
    return "{low=%s, high=%s%s%s}"
        .formatted(low, high, log ? ", log=true" : "", step > 0 ? ", step=" + step : "");
  }
}
