package org.sparkfinetune.report;

import java.util.ArrayList;
import java.util.List;
import org.sparkfinetune.text.TextWidth;

/**
 * The lines, ticks and names of a chart's two axes.
 *
 * @param ticks of the horizontal axis
 */
record Axes(Scale x, Scale y, List<Tick> ticks) {
  private static final double DIGIT = 6.7;

  /** Free between two labels. */
  private static final double GAP = 6;

  /**
   * A place on an axis.
   *
   * @param whole what its label is short for; empty for none
   */
  record Tick(double value, String label, String whole) {
    static Tick of(double value, String label) {
      return new Tick(value, label, "");
    }
  }

  /** With the ticks of the horizontal scale, as many as have room for their labels. */
  static Axes of(Scale x, Scale y) {
    List<Tick> all = new ArrayList<>();
    List<Tick> decades = new ArrayList<>();
    List<String> labels = x.labels();
    for (int i = 0; i < labels.size(); i++) {
      double value = x.ticks().get(i);
      all.add(Tick.of(value, labels.get(i)));
      if (x.isLog() && Math.abs(Math.log10(value) - Math.rint(Math.log10(value))) < 1e-9) {
        decades.add(all.get(i));
      }
    }
    List<Tick> fitting = fitting(x, all);
    boolean allFit = fitting.size() == all.size();
    return new Axes(x, y, allFit || decades.size() < 2 ? fitting : fitting(x, decades));
  }

  /** Those whose labels do not run into each other, from the first on. */
  private static List<Tick> fitting(Scale x, List<Tick> ticks) {
    List<Tick> fitting = new ArrayList<>();
    double end = Double.NEGATIVE_INFINITY;
    for (Tick tick : ticks) {
      double half = TextWidth.width(tick.label()) * DIGIT / 2;
      if (x.at(tick.value()) - half >= end + GAP) {
        fitting.add(tick);
        end = x.at(tick.value()) + half;
      }
    }
    return fitting;
  }

  /** How much room the labels of a vertical axis take. */
  static double margin(Scale y) {
    return 12 + DIGIT * y.labels().stream().mapToInt(String::length).max().orElse(1);
  }

  /**
   * Draws them.
   *
   * @param xName what the horizontal axis counts
   */
  void render(HtmlWriter out, String xName) {
    out.open("g", "class", "grid");
    for (double tick : y.ticks()) {
      out.empty("path", "d", "M%s %sH%s".formatted(px(x.from()), px(y.at(tick)), px(x.to())));
    }
    out.close().open("g", "class", "axis");
    out.empty("path", "d", "M%s %sH%s".formatted(px(x.from()), px(y.from()), px(x.to())));
    List<String> labels = y.labels();
    for (int i = 0; i < labels.size(); i++) {
      String at = px(y.at(y.ticks().get(i)) + 4);
      out.element("text", labels.get(i), "x", px(x.from() - 7), "y", at, "class", "end");
    }
    for (Tick tick : ticks) {
      double at = x.at(tick.value());
      out.empty("path", "d", "M%s %sv4".formatted(px(at), px(y.from())));
      out.open("text", "x", px(at), "y", px(y.from() + 17), "class", "middle").text(tick.label());
      if (!tick.whole().isEmpty()) {
        out.element("title", tick.whole());
      }
      out.close();
    }
    out.element(
        "text",
        x.isLog() ? xName + " (log scale)" : xName,
        "x",
        px((x.from() + x.to()) / 2),
        "y",
        px(y.from() + 33),
        "class",
        "middle name");
    out.close();
  }

  private static String px(double pixels) {
    return Scale.px(pixels);
  }
}
