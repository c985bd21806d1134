package org.sparkfinetune.report;

import java.util.List;
import org.sparkfinetune.evaluate.RiskCoverage;
import org.sparkfinetune.evaluate.RiskCoverage.Point;
import org.sparkfinetune.text.NumberFormat;

/** How often a model is right that answers only what it is surest of. */
final class RiskCoverageSection {
  private static final int DIGITS = 4;
  private static final int LINES = 10;

  /** Shares such as 0.3 are no sums of tenths in binary. */
  private static final double ROUNDING = 1e-9;

  private final List<Point> points;

  /** Of a curve with points. */
  RiskCoverageSection(RiskCoverage curve) {
    this.points = curve.points();
  }

  void render(HtmlWriter out) {
    out.element(
        "p",
        "Of rows that are answered only from a confidence on, the share that is answered and the"
            + " share of these answers that is right: what predict.abstain_below would do to these"
            + " rows.");
    Chart chart =
        new Chart("Right answers", "share of rows answered")
            .add(
                new Series(
                    "accuracy",
                    points.stream().mapToDouble(Point::coverage).toArray(),
                    points.stream().mapToDouble(Point::accuracy).toArray(),
                    Series.Style.LINE,
                    0))
            .reaching(0, 1);
    out.open("div", "class", "charts");
    chart.render(out);
    out.close();
    Table table = new Table("from a confidence of", "answered", "of these right").numbers(0);
    int shown = 0;
    for (Point point : points) {
      int reached = (int) Math.floor(point.coverage() * LINES + ROUNDING);
      if (reached > shown) {
        table.row(
            NumberFormat.fixed(point.confidence(), DIGITS),
            NumberFormat.fixed(point.coverage(), DIGITS),
            NumberFormat.fixed(point.accuracy(), DIGITS));
        shown = reached;
      }
    }
    table.render(out);
  }
}
