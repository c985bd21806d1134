package org.sparkfinetune.report;

import java.util.List;
import org.sparkfinetune.evaluate.RiskCoverage;
import org.sparkfinetune.evaluate.RiskCoverage.Point;
import org.sparkfinetune.text.NumberFormat;

/** How often a model is right that answers only what it is surest of. */
final class RiskCoverageSection {
  private static final int DIGITS = 4;
  private static final double STEP = 0.1;

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
    double next = STEP;
    for (Point point : points) {
      if (point.coverage() >= next || point.coverage() == 1) {
        table.row(
            NumberFormat.fixed(point.confidence(), DIGITS),
            NumberFormat.fixed(point.coverage(), DIGITS),
            NumberFormat.fixed(point.accuracy(), DIGITS));
        next = Math.max(next, (Math.floor(point.coverage() / STEP) + 1) * STEP);
      }
    }
    table.render(out);
  }
}
