package org.sparkfinetune.evaluate;

import java.io.Serializable;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Function;
import java.util.stream.IntStream;

/**
 * Percentile intervals of the stratified bootstrap (Efron and Tibshirani, 1993): each replicate
 * draws of every stratum as many rows as it has, with replacement. Rows that are alike for a metric
 * are one cell, and a replicate draws the cells' counts, which is the same distribution: what it
 * costs depends on the cells and not on the rows.
 *
 * @param replicates how often rows are drawn
 * @param seed of the draws; the same seed gives the same intervals
 * @param confidence the share of replicates between an interval's ends, above 0 and below 1
 * @param stratified whether each stratum's rows are drawn among themselves; else all are drawn
 *     together, as is right where nobody has chosen how many rows a stratum has, and where strata
 *     have so few rows that draws of them hardly differ
 */
public record Bootstrap(int replicates, long seed, double confidence, boolean stratified)
    implements Serializable {
  /** Rows a cell up to which rows are drawn one by one. */
  private static final int DRAWN_SINGLY = 8;

  public Bootstrap {
    if (replicates < 1 || !(confidence > 0 && confidence < 1)) {
      throw new IllegalArgumentException("replicates=" + replicates + ", confidence=" + confidence);
    }
  }

  /** A stratified one. */
  public Bootstrap(int replicates, long seed, double confidence) {
    this(replicates, seed, confidence, true);
  }

  /** The same, but of all rows together. */
  public Bootstrap together() {
    return new Bootstrap(replicates, seed, confidence, false);
  }

  /**
   * Intervals of metrics.
   *
   * @param counts rows by stratum and cell
   * @param metrics what counts of the same form say; from any thread
   */
  Map<Metric, Interval> intervals(
      long[][] counts, Function<long[][], Map<Metric, Double>> metrics) {
    List<Map<Metric, Double>> drawn =
        IntStream.range(0, replicates)
            .parallel()
            .mapToObj(replicate -> metrics.apply(replicate(counts, replicate)))
            .toList();
    Map<Metric, Interval> intervals = new EnumMap<>(Metric.class);
    for (Metric metric : drawn.get(0).keySet()) {
      double[] values = drawn.stream().mapToDouble(replicate -> replicate.get(metric)).toArray();
      Arrays.sort(values);
      intervals.put(
          metric,
          new Interval(
              quantile(values, (1 - confidence) / 2), quantile(values, (1 + confidence) / 2)));
    }
    return intervals;
  }

  private long[][] replicate(long[][] counts, int replicate) {
    SplittableRandom random = new SplittableRandom(seedOf(replicate));
    if (stratified) {
      return Arrays.stream(counts).map(cells -> resampled(cells, random)).toArray(long[][]::new);
    }
    long[] drawn = resampled(Arrays.stream(counts).flatMapToLong(Arrays::stream).toArray(), random);
    long[][] parts = new long[counts.length][];
    int from = 0;
    for (int stratum = 0; stratum < parts.length; stratum++) {
      parts[stratum] = Arrays.copyOfRange(drawn, from, from + counts[stratum].length);
      from += counts[stratum].length;
    }
    return parts;
  }

  /**
   * Of a generator of its own for each replicate, so that threads do not matter. Seeds that differ
   * by multiples of what a generator adds at each step would give one sequence, shifted: hence the
   * finalizer of MurmurHash3 (Stafford's variant 13), behind which they have nothing in common.
   */
  private long seedOf(int replicate) {
    long mixed = seed + replicate * 0xD1342543DE82EF95L;
    mixed = (mixed ^ mixed >>> 30) * 0xBF58476D1CE4E5B9L;
    mixed = (mixed ^ mixed >>> 27) * 0x94D049BB133111EBL;
    return mixed ^ mixed >>> 31;
  }

  static long[] resampled(long[] counts, SplittableRandom random) {
    long rows = Arrays.stream(counts).sum();
    return rows <= (long) DRAWN_SINGLY * counts.length
        ? singly(counts, (int) rows, random)
        : byCells(counts, rows, random);
  }

  private static long[] singly(long[] counts, int rows, SplittableRandom random) {
    int[] cellOfRow = new int[rows];
    int row = 0;
    for (int cell = 0; cell < counts.length; cell++) {
      Arrays.fill(cellOfRow, row, row + (int) counts[cell], cell);
      row += (int) counts[cell];
    }
    long[] drawn = new long[counts.length];
    for (int i = 0; i < rows; i++) {
      drawn[cellOfRow[random.nextInt(rows)]]++;
    }
    return drawn;
  }

  /** The multinomial distribution, cell after cell of what is left. */
  private static long[] byCells(long[] counts, long rows, SplittableRandom random) {
    long[] drawn = new long[counts.length];
    long toDraw = rows;
    long left = rows;
    for (int cell = 0; cell < counts.length && toDraw > 0; cell++) {
      drawn[cell] =
          counts[cell] == left
              ? toDraw
              : Binomial.draw(toDraw, counts[cell] / (double) left, random);
      toDraw -= drawn[cell];
      left -= counts[cell];
    }
    return drawn;
  }

  private static double quantile(double[] ascending, double share) {
    double place = (ascending.length - 1) * share;
    int lower = (int) place;
    int upper = Math.min(lower + 1, ascending.length - 1);
    return ascending[lower] + (place - lower) * (ascending[upper] - ascending[lower]);
  }
}
