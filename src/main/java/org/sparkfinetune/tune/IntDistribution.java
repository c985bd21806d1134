package org.sparkfinetune.tune;

import java.util.List;
import java.util.stream.LongStream;
import org.sparkfinetune.PublicApi;
import org.sparkfinetune.UserException;

/**
 * Whole numbers from low to high, both among them.
 *
 * @param log whether their logarithms are spread evenly, not they
 * @param step between two values, from low on; 1 with log
 */
@PublicApi
public record IntDistribution(long low, long high, boolean log, long step) implements Distribution {
  /**
   * Checks the bounds; a high that is not a step is brought down to one.
   *
   * @throws UserException when there is no such distribution
   */
  public IntDistribution {
    if (low > high || high - low < 0) {
      throw new UserException(
          "low " + low + ", high " + high + ": expected low <= high, less than 2^63 apart");
    }
    if (log && low < 1) {
      throw new UserException("low " + low + " with log: expected low >= 1");
    }
    if (step < 1 || log && step != 1) {
      throw new UserException("step " + step + ": expected a step >= 1, and none with log");
    }
    high = low + (high - low) / step * step;
  }

  @Override
  public boolean isSingle() {
    return low == high;
  }

  @Override
  public boolean contains(Object value) {
    if (!(value instanceof Number number) || number.doubleValue() != number.longValue()) {
      return false;
    }
    long v = number.longValue();
    return low <= v && v <= high && (v - low) % step == 0;
  }

  @Override
  public double toInternal(Object value) {
    return ((Number) value).doubleValue();
  }

  @Override
  public Object toExternal(double internal) {
    return Math.round(internal);
  }

  @Override
  public List<Object> values() {
    return LongStream.rangeClosed(0, (high - low) / step)
        .mapToObj(i -> (Object) (low + i * step))
        .toList();
  }

  /** As in the configuration. */
  @Override
  public String toString() {
    return "{low=%s, high=%s%s%s}"
        .formatted(low, high, log ? ", log=true" : "", step > 1 ? ", step=" + step : "");
  }
}
