package org.sparkfinetune.evaluate;

import java.io.Serializable;
import java.util.Arrays;

/**
 * A sum of finite doubles without an error but for the last rounding, as Python's {@code math.fsum}
 * (Shewchuk, 1997). So it is the same in whatever order the numbers come, and in whatever parts:
 * workers and partitions have each their share of the rows.
 */
public final class ExactSum implements Serializable {
  private static final long serialVersionUID = 1L;

  /** Their sum is the sum: the smaller of two has no bit where the larger has one. Ascending. */
  private double[] partials = {};

  /** Adds a number. */
  public void add(double number) {
    double x = number;
    double[] next = new double[partials.length + 1];
    int count = 0;
    for (double partial : partials) {
      double large = Math.abs(x) < Math.abs(partial) ? partial : x;
      double small = Math.abs(x) < Math.abs(partial) ? x : partial;
      double high = large + small;
      double low = small - (high - large);
      if (low != 0) {
        next[count++] = low;
      }
      x = high;
    }
    next[count++] = x;
    partials = Arrays.copyOf(next, count);
  }

  /** The numbers that stand for the sum. */
  public double[] state() {
    return partials.clone();
  }

  /** Adds another sum, by its state. */
  public void merge(double[] state) {
    for (double partial : state) {
      add(partial);
    }
  }

  /** The sum, rounded once. */
  public double value() {
    if (partials.length == 0) {
      return 0;
    }
    int i = partials.length - 1;
    double high = partials[i];
    double low = 0;
    while (i > 0 && low == 0) {
      double x = high;
      double y = partials[--i];
      high = x + y;
      low = y - (high - x);
    }
    // Half-way cases are decided by what is below.
    if (i > 0 && (low < 0 && partials[i - 1] < 0 || low > 0 && partials[i - 1] > 0)) {
      double twice = low * 2;
      double rounded = high + twice;
      if (twice == rounded - high) {
        high = rounded;
      }
    }
    return high;
  }
}
