package org.sparkfinetune.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;

/**
 * Which points of a long line are drawn: of those that share a column of pixels the first, the
 * last, the lowest and the highest, so that no spike is lost.
 */
final class Sampling {
  private Sampling() {}

  /**
   * The indices of the points to draw, as runs with no gap in them. A gap that is narrower than a
   * column of pixels is no gap to the eye, and joins what is on its sides.
   *
   * @param columns columns of pixels
   */
  static List<List<Integer>> runs(Series series, int columns) {
    double[] x = series.x();
    double[] y = series.y();
    boolean whole = x.length <= 2 * columns || series.style() == Series.Style.DOTS;
    List<List<Integer>> runs = new ArrayList<>();
    List<Integer> run = new ArrayList<>();
    for (int begin = 0; begin < y.length; ) {
      int end = whole ? begin + 1 : columnEnd(x, begin, columns);
      TreeSet<Integer> kept = extremes(x, y, begin, end);
      if (kept.isEmpty() && !run.isEmpty()) {
        runs.add(run);
        run = new ArrayList<>();
      }
      run.addAll(kept);
      begin = end;
    }
    if (!run.isEmpty()) {
      runs.add(run);
    }
    return runs;
  }

  /** The first index behind {@code begin} that lies in another column. */
  private static int columnEnd(double[] x, int begin, int columns) {
    double low = x[0];
    double width = (x[x.length - 1] - low) / columns;
    if (!(width > 0)) {
      return x.length;
    }
    double column = Math.floor((x[begin] - low) / width);
    int end = begin + 1;
    while (end < x.length && Math.floor((x[end] - low) / width) == column) {
      end++;
    }
    return end;
  }

  private static TreeSet<Integer> extremes(double[] x, double[] y, int begin, int end) {
    int first = -1;
    int last = -1;
    int lowest = -1;
    int highest = -1;
    for (int i = begin; i < end; i++) {
      if (Double.isFinite(x[i]) && Double.isFinite(y[i])) {
        first = first < 0 ? i : first;
        last = i;
        lowest = lowest < 0 || y[i] < y[lowest] ? i : lowest;
        highest = highest < 0 || y[i] > y[highest] ? i : highest;
      }
    }
    return first < 0 ? new TreeSet<>() : new TreeSet<>(Arrays.asList(first, last, lowest, highest));
  }
}
