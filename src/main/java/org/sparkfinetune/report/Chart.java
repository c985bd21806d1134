package org.sparkfinetune.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.sparkfinetune.text.NumberFormat;

/**
 * A chart of lines or dots over two axes, as a figure with a title, a legend and an SVG that fits
 * the width it gets. Nothing in it needs a script; report.js shows values under the pointer.
 */
final class Chart {
  static final int WIDTH = 560;
  static final int HEIGHT = 250;

  private static final int TOP = 10;
  private static final int RIGHT = 16;
  private static final int BOTTOM = 38;
  private static final int TICKS_X = 6;
  private static final int TICKS_Y = 5;

  /** Above it, points are not marked on their line. */
  private static final int MARKED = 40;

  /** Values that reach beyond so many medians are drawn on a logarithmic scale, if they can be. */
  private static final double SPREAD = 50;

  private final String title;
  private final String xName;
  private final List<Series> series = new ArrayList<>();
  private double from = Double.NaN;
  private double to = Double.NaN;
  private boolean wholeSteps;
  private boolean logX;
  private boolean logY;

  /**
   * @param xName what the horizontal axis counts
   */
  Chart(String title, String xName) {
    this.title = title;
    this.xName = xName;
  }

  /** Adds a series; the first lies undermost. */
  Chart add(Series added) {
    series.add(added);
    return this;
  }

  /** Has the horizontal axis hold at least these values, as those of charts beside it do. */
  Chart reaching(double low, double high) {
    from = low;
    to = high;
    return this;
  }

  /** Draws the horizontal axis in whole numbers. */
  Chart wholeSteps() {
    wholeSteps = true;
    return this;
  }

  /** Draws the horizontal axis by logarithm, if there is one of every value. */
  Chart logX() {
    logX = series.stream().allMatch(s -> isPositive(s.x()));
    return this;
  }

  /** Draws the vertical axis by logarithm, if there is one of every value. */
  Chart logY() {
    logY = series.stream().allMatch(s -> isPositive(s.y()));
    return this;
  }

  /** Draws the vertical axis by logarithm when a few values would hide the others otherwise. */
  Chart logYIfSpread() {
    double[] values = finite(series.stream().map(Series::y).toList());
    if (values.length > 2 && values[0] > 0) {
      logY = values[values.length - 1] > SPREAD * values[values.length / 2];
    }
    return this;
  }

  /** How many series it has. */
  int size() {
    return series.size();
  }

  /** Whether there is anything that might be drawn. */
  boolean hasSeries() {
    return !series.isEmpty();
  }

  /** Whether no value is finite. */
  boolean isEmpty() {
    return series.stream().allMatch(s -> s.gaps() == s.y().length);
  }

  /** Writes the figure. */
  void render(HtmlWriter out) {
    out.open("figure", "class", "chart");
    out.open("figcaption").element("b", title, "dir", "auto");
    if (logY && !isEmpty()) {
      out.element("span", "log scale", "class", "quiet");
    }
    legend(out);
    out.close();
    if (isEmpty()) {
      out.element("p", "No value is a finite number.", "class", "note");
    } else {
      svg(out);
    }
    notes().forEach(note -> out.element("p", note, "class", "note"));
    out.close();
  }

  private void legend(HtmlWriter out) {
    if (series.size() < 2) {
      return;
    }
    out.open("ul", "class", "legend");
    for (Series s : series) {
      out.open("li").open("svg", "class", "key", "viewBox", "0 0 22 10", "aria-hidden", "true");
      if (s.style() == Series.Style.DOTS) {
        out.empty("circle", "class", "dot " + color(s), "cx", "11", "cy", "5", "r", "3.5");
      } else {
        out.empty("path", "class", "line " + classes(s), "d", "M1 5H21");
      }
      out.close().element("span", s.name(), "dir", "auto").close();
    }
    out.close();
  }

  private List<String> notes() {
    List<String> notes = new ArrayList<>();
    for (Series s : series) {
      int gaps = isMean(s) ? 0 : s.gaps();
      if (gaps > 0 && !isEmpty()) {
        notes.add(
            "%s: %s of %s values %s no finite number and %s left out."
                .formatted(
                    s.name(),
                    NumberFormat.grouped(gaps),
                    NumberFormat.grouped(s.y().length),
                    gaps == 1 ? "is" : "are",
                    gaps == 1 ? "is" : "are"));
      }
    }
    return notes;
  }

  /** Whether it goes through the middle of a pale line, which has its gaps. */
  private boolean isMean(Series s) {
    return s.style() != Series.Style.FAINT
        && series.stream().anyMatch(o -> o.style() == Series.Style.FAINT && o.color() == s.color());
  }

  private void svg(HtmlWriter out) {
    double[] xs = finite(series.stream().map(Series::x).toList());
    double[] ys = finite(series.stream().map(Series::y).toList());
    Scale y = vertical(ys);
    Scale x = horizontal(xs, Axes.margin(y));
    out.open(
        "svg",
        "viewBox",
        "0 0 " + WIDTH + " " + HEIGHT,
        "role",
        "img",
        "aria-label",
        title,
        "data-x",
        domain(x),
        "data-y",
        domain(y),
        "data-x-name",
        xName);
    Axes.of(x, y).render(out, xName);
    series.forEach(s -> draw(out, s, x, y));
    out.close();
  }

  private Scale vertical(double[] sorted) {
    double min = sorted[0];
    double max = sorted[sorted.length - 1];
    return logY
        ? Scale.log(min, max, HEIGHT - BOTTOM, TOP)
        : Scale.linear(min, max, TICKS_Y, false, HEIGHT - BOTTOM, TOP);
  }

  private Scale horizontal(double[] sorted, double left) {
    double min = Double.isNaN(from) ? sorted[0] : Math.min(from, sorted[0]);
    double last = sorted[sorted.length - 1];
    double max = Double.isNaN(to) ? last : Math.max(to, last);
    return logX
        ? Scale.log(min, max, left, WIDTH - RIGHT)
        : Scale.exact(min, max, TICKS_X, wholeSteps, left, WIDTH - RIGHT);
  }

  private void draw(HtmlWriter out, Series s, Scale x, Scale y) {
    List<List<Integer>> runs = Sampling.runs(s, (int) ((x.to() - x.from()) / 1.5));
    List<Integer> drawn = runs.stream().flatMap(List::stream).toList();
    String points =
        drawn.stream()
            .map(i -> compact(s.x()[i]) + "," + compact(s.y()[i]))
            .collect(Collectors.joining(" "));
    out.open("g", "class", "series", "data-name", s.name(), "data-points", points);
    boolean dots = s.style() == Series.Style.DOTS;
    if (!dots) {
      out.empty("path", "class", "line " + classes(s), "d", path(s, runs, x, y));
    }
    if (dots || drawn.size() <= MARKED && s.style() != Series.Style.FAINT && !isMean(s)) {
      for (int i : drawn) {
        out.open(
                "circle",
                "class",
                "dot " + color(s),
                "cx",
                px(x.at(s.x()[i])),
                "cy",
                px(y.at(s.y()[i])),
                "r",
                dots ? "3.5" : "2.6")
            .close();
      }
    }
    out.close();
  }

  private static String path(Series s, List<List<Integer>> runs, Scale x, Scale y) {
    StringBuilder d = new StringBuilder();
    for (List<Integer> run : runs) {
      for (int i = 0; i < run.size(); i++) {
        int point = run.get(i);
        d.append(i == 0 ? 'M' : 'L').append(px(x.at(s.x()[point])));
        d.append(' ').append(px(y.at(s.y()[point])));
      }
      // A line of no length has round ends: a lonely point is seen.
      d.append(run.size() == 1 ? "h0" : "");
    }
    return d.toString();
  }

  private static String classes(Series s) {
    return switch (s.style()) {
      case FAINT -> color(s) + " faint";
      case DASHED -> color(s) + " dashed";
      case LINE, DOTS -> color(s);
    };
  }

  private static String color(Series s) {
    return "c" + Math.floorMod(s.color(), HtmlPage.COLORS);
  }

  private static String domain(Scale scale) {
    return "%s %s %s %s %s"
        .formatted(
            scale.low(), scale.high(), px(scale.from()), px(scale.to()), scale.isLog() ? 1 : 0);
  }

  /** A value for report.js, exact enough to be read. */
  private static String compact(double value) {
    return value == Math.rint(value) && Math.abs(value) < 1e15
        ? String.valueOf((long) value)
        : String.format(Locale.ROOT, "%.5g", value);
  }

  private static String px(double pixels) {
    return Scale.px(pixels);
  }

  private static boolean isPositive(double[] values) {
    return Arrays.stream(values).filter(Double::isFinite).allMatch(value -> value > 0);
  }

  private static double[] finite(List<double[]> arrays) {
    return arrays.stream()
        .flatMapToDouble(Arrays::stream)
        .filter(Double::isFinite)
        .sorted()
        .toArray();
  }
}
