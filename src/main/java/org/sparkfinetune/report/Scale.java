package org.sparkfinetune.report;

import java.util.ArrayList;
import java.util.List;
import org.sparkfinetune.text.NumberFormat;

/**
 * Maps values to pixels, linearly or by their logarithm.
 *
 * @param low the value at {@code from}
 * @param high the value at {@code to}
 * @param step between linear ticks; 0 for a logarithmic scale
 * @param from a pixel
 * @param to a pixel
 */
record Scale(double low, double high, double step, double from, double to) {
  /** Beyond it, differences of doubles would overflow. */
  private static final double LIMIT = 1e300;

  /** Below it, doubles lose digits. */
  private static final double SMALLEST = 1e-290;

  /** So much of the range of values that are not negative may be empty below them, down to 0. */
  private static final double NEAR_ZERO = 0.35;

  /**
   * A linear scale that begins and ends at ticks.
   *
   * @param about how many ticks are wanted
   * @param whole whether ticks are whole numbers
   */
  static Scale linear(double min, double max, int about, boolean whole, double from, double to) {
    double low = Math.max(min, -LIMIT);
    double high = Math.min(max, LIMIT);
    if (low >= 0 && low <= NEAR_ZERO * high) {
      low = 0;
    }
    if (isPoint(low, high)) {
      double margin = Math.abs(high) < SMALLEST || whole ? 1 : Math.abs(high) / 2;
      margin = Math.max(margin, Math.ulp(high) * 4);
      low = low >= 0 ? Math.max(0, low - margin) : low - margin;
      high += margin;
    }
    double step = niceStep((high - low) / about, whole);
    return new Scale(
        Math.floor(low / step + 1e-9) * step, Math.ceil(high / step - 1e-9) * step, step, from, to);
  }

  /** A linear scale of exactly the values there are, for axes along which lines run. */
  static Scale exact(double min, double max, int about, boolean whole, double from, double to) {
    double high = Math.min(max, LIMIT);
    double low = min >= 0 && min <= 0.05 * max ? 0 : Math.max(min, -LIMIT);
    if (isPoint(low, high)) {
      return linear(min, max, about, whole, from, to);
    }
    return new Scale(low, high, niceStep((high - low) / about, whole), from, to);
  }

  /** Whether doubles have no room for ticks between two values. */
  private static boolean isPoint(double low, double high) {
    double size = Math.max(Math.abs(low), Math.abs(high));
    return high - low <= Math.max(1e-9 * size, SMALLEST);
  }

  /** A logarithmic scale of values above 0. */
  static Scale log(double min, double max, double from, double to) {
    if (min <= 0) {
      throw new IllegalArgumentException(min + " has no logarithm");
    }
    double low = Math.max(niceBelow(min), Double.MIN_NORMAL);
    double high = Math.min(niceAbove(max), LIMIT);
    return high > low
        ? new Scale(low, high, 0, from, to)
        : new Scale(low / 10, low * 10, 0, from, to);
  }

  boolean isLog() {
    return step == 0;
  }

  /** The pixel of a value; those outside are put to the scale's nearest end. */
  double at(double value) {
    double v = Math.min(Math.max(value, low), high);
    double share =
        isLog()
            ? (Math.log(v) - Math.log(low)) / (Math.log(high) - Math.log(low))
            : (v - low) / (high - low);
    return from + share * (to - from);
  }

  /** Where lines of a grid belong, from low to high. */
  List<Double> ticks() {
    return isLog() ? logTicks() : linearTicks();
  }

  /** What to write at the ticks. */
  List<String> labels() {
    return isLog()
        ? ticks().stream()
            .map(t -> t >= 1e-3 && t < 1e5 ? NumberFormat.metric(t) : NumberFormat.scientific(t, 2))
            .map(Scale::withoutTrailingZeros)
            .toList()
        : NumberFormat.ticks(ticks(), step);
  }

  private List<Double> linearTicks() {
    List<Double> ticks = new ArrayList<>();
    long first = (long) Math.ceil(low / step - 1e-9);
    int count = (int) Math.floor((high / step - first) + 1e-9);
    for (int i = 0; i <= count; i++) {
      ticks.add((first + i) * step);
    }
    return ticks;
  }

  private List<Double> logTicks() {
    int first = (int) Math.ceil(Math.log10(low) - 1e-9);
    int last = (int) Math.floor(Math.log10(high) + 1e-9);
    int[] multiples = last - first <= 2 ? new int[] {1, 2, 5} : new int[] {1};
    int stride = Math.max(1, (last - first + 5) / 6);
    List<Double> ticks = new ArrayList<>();
    for (int decade = first - 1; decade <= last; decade++) {
      for (int multiple : multiples) {
        double tick = multiple * Math.pow(10, decade);
        boolean inside = tick >= low * (1 - 1e-9) && tick <= high * (1 + 1e-9);
        if (inside && Math.floorMod(decade - first, stride) == 0) {
          ticks.add(tick);
        }
      }
    }
    return ticks;
  }

  private static double niceStep(double raw, boolean whole) {
    double power = Math.pow(10, Math.floor(Math.log10(raw)));
    double mantissa = raw / power;
    double step = power * (mantissa <= 1 + 1e-9 ? 1 : mantissa <= 2 ? 2 : mantissa <= 5 ? 5 : 10);
    return whole ? Math.max(1, step) : step;
  }

  private static double niceBelow(double value) {
    double power = Math.pow(10, Math.floor(Math.log10(value)));
    return power * (value >= 5 * power ? 5 : value >= 2 * power ? 2 : 1);
  }

  private static double niceAbove(double value) {
    double power = Math.pow(10, Math.floor(Math.log10(value)));
    return power * (value <= power ? 1 : value <= 2 * power ? 2 : value <= 5 * power ? 5 : 10);
  }

  private static String withoutTrailingZeros(String number) {
    return number.contains(".") && !number.contains("e")
        ? number.replaceAll("0+$", "").replaceAll("\\.$", "")
        : number;
  }

  /** A place to a tenth of a pixel. */
  static String px(double pixels) {
    double tenths = Math.rint(pixels * 10) / 10;
    return tenths == Math.rint(tenths) ? String.valueOf((long) tenths) : String.valueOf(tenths);
  }
}
