package org.sparkfinetune.report;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.DoubleStream;
import org.sparkfinetune.text.NumberFormat;
import org.sparkfinetune.text.TextWidth;

/**
 * A forest plot: a line a row, with a dot for a value and a line for its interval, beside a broken
 * line for what it is compared with. Those whose whole interval is below that have another color.
 */
final class Forest {
  private static final int WIDTH = Chart.WIDTH;
  private static final int ROW = 22;
  private static final int TOP = 8;
  private static final int BOTTOM = 38;
  private static final int VALUES = 62;
  private static final int NAME = 26;
  private static final double LETTER = 6.6;
  private static final int TICKS = 5;
  private static final int DIGITS = 4;

  /**
   * A row.
   *
   * @param low NaN where there is no interval, as {@code high} is
   * @param says what is shown under the pointer
   */
  private record Mark(String name, double value, double low, double high, String says) {
    boolean hasInterval() {
      return Double.isFinite(low) && Double.isFinite(high);
    }
  }

  private final String title;
  private final String axis;
  private final double reference;
  private final List<Mark> marks = new ArrayList<>();

  /**
   * @param axis what the horizontal axis has
   * @param reference where the broken line is
   */
  Forest(String title, String axis, double reference) {
    this.title = title;
    this.axis = axis;
    this.reference = reference;
  }

  /** Adds a row; ends that are NaN are none. */
  void add(String name, double value, double low, double high, String says) {
    marks.add(new Mark(name, value, low, high, says));
  }

  void render(HtmlWriter out) {
    double[] values =
        marks.stream()
            .flatMapToDouble(mark -> DoubleStream.of(mark.value(), mark.low(), mark.high()))
            .filter(Double::isFinite)
            .toArray();
    double least = Math.min(reference, DoubleStream.of(values).min().orElse(reference));
    double most = Math.max(reference, DoubleStream.of(values).max().orElse(reference));
    int names =
        marks.stream().mapToInt(mark -> TextWidth.width(shortened(mark.name()))).max().orElse(1);
    double left = 14 + LETTER * names;
    double bottom = TOP + marks.size() * ROW;
    Scale x = Scale.linear(least, most, TICKS, false, left, WIDTH - VALUES);
    out.open("figure", "class", "chart");
    out.open("figcaption").element("b", title, "dir", "auto").close();
    out.open(
        "svg",
        "viewBox",
        "0 0 " + WIDTH + " " + Scale.px(bottom + BOTTOM),
        "role",
        "img",
        "aria-label",
        title);
    axes(out, x, bottom);
    for (int i = 0; i < marks.size(); i++) {
      mark(out, marks.get(i), x, TOP + (i + 0.5) * ROW);
    }
    out.close().close();
  }

  private void axes(HtmlWriter out, Scale x, double bottom) {
    out.open("g", "class", "grid");
    for (double tick : x.ticks()) {
      out.empty("path", "d", "M%s %sV%s".formatted(px(x.at(tick)), px(TOP), px(bottom)));
    }
    out.close().open("g", "class", "axis");
    out.empty("path", "d", "M%s %sH%s".formatted(px(x.from()), px(bottom), px(x.to())));
    List<String> labels = x.labels();
    for (int i = 0; i < labels.size(); i++) {
      String at = px(x.at(x.ticks().get(i)));
      out.element("text", labels.get(i), "x", at, "y", px(bottom + 17), "class", "middle");
    }
    String middle = px((x.from() + x.to()) / 2);
    out.element("text", axis, "x", middle, "y", px(bottom + 33), "class", "middle name");
    out.close();
    String at = px(x.at(reference));
    out.empty(
        "path", "class", "line c6 dashed", "d", "M%s %sV%s".formatted(at, px(TOP), px(bottom)));
  }

  private void mark(HtmlWriter out, Mark mark, Scale x, double y) {
    String color = mark.hasInterval() && mark.high() < reference ? "c1" : "c0";
    out.open("g").element("title", mark.says());
    out.open("g", "class", "axis");
    out.element(
        "text", shortened(mark.name()), "x", px(x.from() - 8), "y", px(y + 4), "class", "end");
    String value = NumberFormat.fixed(mark.value(), DIGITS);
    out.element("text", value, "x", px(WIDTH - 4), "y", px(y + 4), "class", "end");
    out.close();
    if (mark.hasInterval()) {
      String line = "M%s %sH%s".formatted(px(x.at(mark.low())), px(y), px(x.at(mark.high())));
      out.empty("path", "class", "line " + color, "d", line);
    }
    String at = px(x.at(mark.value()));
    out.empty("circle", "class", "dot " + color, "cx", at, "cy", px(y), "r", "4");
    out.close();
  }

  private static String shortened(String name) {
    return TextWidth.shortened(name, NAME);
  }

  private static String px(double pixels) {
    return Scale.px(pixels);
  }
}
