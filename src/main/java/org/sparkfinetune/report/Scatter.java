package org.sparkfinetune.report;

import java.util.List;
import org.sparkfinetune.tune.FrozenTrial;

/**
 * A chart of trials as dots over two axes, with a line through some of them where one is wanted.
 *
 * @param axes also the places of all dots
 * @param xName what the horizontal axis counts
 */
record Scatter(String title, Axes axes, String xName) {
  /** Below the vertical axis: the ticks' labels and the name. */
  static final int BOTTOM = 38;

  static final int TOP = 10;
  static final int RIGHT = 16;

  /**
   * A trial's place.
   *
   * @param says what is shown under the pointer
   */
  record Dot(FrozenTrial trial, TrialMarks mark, double x, double y, String says) {}

  /** Above it, dots are drawn so that those beneath are seen. */
  private static final int MANY = 150;

  /**
   * Draws the chart.
   *
   * @param line an SVG path and what it is; empty for none
   */
  void svg(HtmlWriter out, List<Dot> dots, String line) {
    open(
        out,
        title,
        axes.x().to() + RIGHT,
        axes.y().from() + BOTTOM,
        dots.size() > MANY ? "many" : "");
    axes.render(out, xName);
    if (!line.isEmpty()) {
      out.empty("path", "class", "line best", "d", line);
    }
    for (TrialMarks mark : TrialMarks.UPWARDS) {
      List<Dot> some = dots.stream().filter(dot -> dot.mark() == mark).toList();
      if (!some.isEmpty()) {
        mark.group(
            out,
            () ->
                some.forEach(
                    dot ->
                        mark.draw(
                            out,
                            dot.trial(),
                            axes.x().at(dot.x()),
                            axes.y().at(dot.y()),
                            dot.says())));
      }
    }
    out.close();
  }

  /** The kinds of marks of some dots, for a legend. */
  static List<TrialMarks> kinds(List<Dot> dots) {
    return dots.stream().map(Dot::mark).distinct().sorted().toList();
  }

  /**
   * The class of report.css for a number of lines: through many, those beneath are seen.
   *
   * @param many how many are many
   */
  static String crowd(int lines, int many) {
    return lines > 4 * many ? "many crowd" : lines > many ? "many" : "";
  }

  /**
   * Opens the SVG of a chart of trials.
   *
   * @param kind a class of report.css; empty for none
   */
  static void open(HtmlWriter out, String title, double width, double height, String kind) {
    out.open(
        "svg",
        "viewBox",
        "0 0 " + Scale.px(width) + " " + Scale.px(height),
        "role",
        "img",
        "aria-label",
        title,
        "class",
        ("trials " + kind).strip());
  }
}
