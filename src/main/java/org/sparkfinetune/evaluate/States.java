package org.sparkfinetune.evaluate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Several states of statistics in one array: before each its length. */
public final class States {
  private States() {}

  /** One array of several. */
  public static double[] join(List<double[]> states) {
    int length = states.stream().mapToInt(state -> 1 + state.length).reduce(0, Math::addExact);
    double[] joined = new double[length];
    int place = 0;
    for (double[] state : states) {
      joined[place] = state.length;
      System.arraycopy(state, 0, joined, place + 1, state.length);
      place += 1 + state.length;
    }
    return joined;
  }

  /** The arrays that one was joined of. */
  public static List<double[]> split(double[] joined) {
    List<double[]> states = new ArrayList<>();
    for (int place = 0; place < joined.length; place += 1 + (int) joined[place]) {
      states.add(Arrays.copyOfRange(joined, place + 1, place + 1 + (int) joined[place]));
    }
    return states;
  }

  /** Counts, which are exact up to 2^53. */
  public static double[] of(long... counts) {
    return Arrays.stream(counts).asDoubleStream().toArray();
  }
}
