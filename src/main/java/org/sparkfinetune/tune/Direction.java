package org.sparkfinetune.tune;

import org.sparkfinetune.PublicApi;

/** Which values of an objective are better. */
@PublicApi
public enum Direction {
  /** Smaller ones. */
  MINIMIZE,
  /** Larger ones. */
  MAXIMIZE;

  /** Whether a value is better than another; NaN is better than nothing. */
  public boolean isBetter(double value, double than) {
    if (Double.isNaN(value) || Double.isNaN(than)) {
      return Double.isNaN(than) && !Double.isNaN(value);
    }
    return this == MINIMIZE ? value < than : value > than;
  }

  /** A value as a loss, of which smaller ones are always better. */
  public double loss(double value) {
    return this == MINIMIZE ? value : -value;
  }
}
