package org.sparkfinetune.slice;

import java.util.Arrays;
import java.util.function.LongToDoubleFunction;
import java.util.stream.IntStream;

/** The edges of bins of about equally many rows, as {@code pandas.qcut} has them. */
public final class Quantiles {
  private Quantiles() {}

  /** Which of sorted numbers the edges are between: places from 0 on, ascending, each once. */
  public static long[] places(long rows, int bins) {
    return IntStream.rangeClosed(0, bins)
        .mapToDouble(i -> place(rows, bins, i))
        .flatMap(place -> Arrays.stream(new double[] {Math.floor(place), Math.ceil(place)}))
        .mapToLong(place -> (long) place)
        .sorted()
        .distinct()
        .toArray();
  }

  /**
   * The edges: the quantiles 0, 1/bins, ..., 1, linear between two numbers (Hyndman and Fan's type
   * 7), each once. Numbers that many rows have make fewer bins.
   *
   * @param rows above 0
   * @param sorted the number of a place, of those that {@link #places} names
   */
  public static double[] edges(long rows, int bins, LongToDoubleFunction sorted) {
    double[] edges = new double[bins + 1];
    for (int i = 0; i <= bins; i++) {
      double place = place(rows, bins, i);
      double low = sorted.applyAsDouble((long) Math.floor(place));
      double high = sorted.applyAsDouble((long) Math.ceil(place));
      edges[i] = between(low, high, place - Math.floor(place));
    }
    return Arrays.stream(edges).distinct().toArray();
  }

  private static double place(long rows, int bins, int i) {
    // As NumPy's linspace has the shares.
    return (rows - 1) * (i == bins ? 1 : i * (1.0 / bins));
  }

  /** As NumPy has it: from the nearer end, so that equal ends give the same number. */
  private static double between(double low, double high, double share) {
    double difference = high - low;
    return share < 0.5 ? low + difference * share : high - difference * (1 - share);
  }
}
