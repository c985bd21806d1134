package org.sparkfinetune.report;

import java.util.Arrays;
import org.sparkfinetune.text.NumberFormat;
import org.sparkfinetune.tune.Direction;

/**
 * Scales for the values of an objective, on which those that matter, the good ones, can be told
 * apart, however bad the worst are.
 */
final class ValueScale {
  /** As many values, at least, say what is usual. */
  private static final int ENOUGH = 8;

  /** Positive losses whose median is so many times the least are drawn by logarithm. */
  private static final double SPREAD = 20;

  private ValueScale() {}

  /**
   * A scale of finite values.
   *
   * @param values at least one
   * @param reach how many times as far from the best as the median, worse ones are put to the edge
   * @param about how many ticks are wanted
   */
  static Scale of(
      double[] values, Direction direction, double reach, int about, double from, double to) {
    double[] sorted = Arrays.stream(values).sorted().toArray();
    double min = sorted[0];
    double max = sorted[sorted.length - 1];
    double median = sorted[sorted.length / 2];
    boolean minimize = direction == Direction.MINIMIZE;
    if (minimize && min > 0 && median > SPREAD * min) {
      return Scale.log(min, max, from, to);
    }
    double far = reach * Math.abs(median - (minimize ? min : max));
    if (sorted.length >= ENOUGH && far > 0 && Double.isFinite(far)) {
      min = minimize ? min : Math.max(min, max - far);
      max = minimize ? Math.min(max, min + far) : max;
    }
    return Scale.linear(min, max, about, false, from, to);
  }

  /** How many values lie beyond a scale. */
  static long beyond(Scale scale, double[] values) {
    return Arrays.stream(values).filter(v -> v < scale.low() || v > scale.high()).count();
  }

  /** Says that some do. */
  static void note(HtmlWriter out, long beyond) {
    if (beyond > 0) {
      out.element(
          "p",
          beyond == 1
              ? "1 value is far worse, and is drawn at the edge."
              : NumberFormat.grouped(beyond) + " values are far worse, and are drawn at the edge.",
          "class",
          "note");
    }
  }
}
