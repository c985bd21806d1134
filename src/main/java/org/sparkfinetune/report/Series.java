package org.sparkfinetune.report;

import java.util.List;
import org.sparkfinetune.track.RunSnapshot.Point;

/**
 * Values to be drawn, in the order of x. A y that is not finite is a gap in the line.
 *
 * @param name for the legend
 * @param color which of the page's colors for series, from 0
 */
record Series(String name, double[] x, double[] y, Style style, int color) {
  private static final int SMOOTHED = 2000;

  /** How it is drawn. */
  enum Style {
    /** A line. */
    LINE,
    /** A thin pale line behind others. */
    FAINT,
    /** A broken line. */
    DASHED,
    /** Dots with no line between them. */
    DOTS
  }

  Series {
    if (x.length != y.length) {
      throw new IllegalArgumentException(x.length + " x for " + y.length + " y");
    }
  }

  /** A metric by step. */
  static Series bySteps(String name, List<Point> points, Style style, int color) {
    double[] x = points.stream().mapToDouble(Point::step).toArray();
    double[] y = points.stream().mapToDouble(Point::value).toArray();
    return new Series(name, x, y, style, color);
  }

  /** A metric by minutes since a time. */
  static Series byMinutes(String name, List<Point> points, long since, Style style, int color) {
    double[] x = points.stream().mapToDouble(p -> (p.time() - since) / 60_000.0).toArray();
    double[] y = points.stream().mapToDouble(Point::value).toArray();
    return new Series(name, x, y, style, color);
  }

  /** How many values are not finite. */
  int gaps() {
    int gaps = 0;
    for (double value : y) {
      gaps += Double.isFinite(value) ? 0 : 1;
    }
    return gaps;
  }

  /**
   * Means of neighboring points, gaps left out: at each point, or, where there are thousands, at
   * some of them.
   *
   * @param window how many neighbors a mean has
   */
  Series smoothed(String newName, int window, Style newStyle) {
    int stride = Math.max(1, y.length / SMOOTHED);
    int count = (y.length + stride - 1) / stride;
    double[] places = new double[count];
    double[] means = new double[count];
    for (int i = 0; i < count; i++) {
      int at = Math.min(i * stride, y.length - 1);
      places[i] = x[at];
      means[i] = mean(at, window / 2);
    }
    return new Series(newName, places, means, newStyle, color);
  }

  private double mean(int at, int reach) {
    // At the beginning, where losses fall steeply, no more on one side than on the other; at the
    // end, where they are flat, what there is.
    int from = Math.max(0, at - reach);
    int to = Math.min(at + Math.min(reach, at - from), y.length - 1);
    double sum = 0;
    int finite = 0;
    for (int i = from; i <= to; i++) {
      if (Double.isFinite(y[i])) {
        sum += y[i];
        finite++;
      }
    }
    return finite == 0 ? Double.NaN : sum / finite;
  }
}
