package org.sparkfinetune.report;

import java.util.List;
import org.sparkfinetune.evaluate.ReliabilityBin;
import org.sparkfinetune.text.NumberFormat;

/** A reliability diagram: of predictions of about one probability, how many are right. */
final class ReliabilitySection {
  private static final int DIGITS = 3;

  private final List<ReliabilityBin> bins;
  private final List<ReliabilityBin> before;

  /**
   * @param bins those without predictions are left out
   * @param before of the same rows before a calibration; empty where there was none
   */
  ReliabilitySection(List<ReliabilityBin> bins, List<ReliabilityBin> before) {
    this.bins = used(bins);
    this.before = used(before);
  }

  private static List<ReliabilityBin> used(List<ReliabilityBin> bins) {
    return bins.stream().filter(bin -> bin.rows() > 0).toList();
  }

  private static Series series(String name, List<ReliabilityBin> bins, int color) {
    return new Series(
        name,
        bins.stream().mapToDouble(ReliabilityBin::confidence).toArray(),
        bins.stream().mapToDouble(ReliabilityBin::accuracy).toArray(),
        Series.Style.LINE,
        color);
  }

  void render(HtmlWriter out) {
    out.element(
        "p",
        "Of predictions that were made with a probability, the share that is right. Above the"
            + " broken line the model is more often right than it claims, below it less often.");
    double[] ends = {0, 1};
    Chart chart =
        new Chart("Reliability", "probability")
            .add(new Series("as sure as right", ends, ends, Series.Style.DASHED, 7));
    if (!before.isEmpty()) {
      chart.add(series("before", before, 1));
    }
    chart.add(series(before.isEmpty() ? "share that is right" : "calibrated", bins, 0));
    out.open("div", "class", "charts");
    chart.render(out);
    out.close();
    Table table =
        new Table("probability", "mean probability", "share right", "predictions").numbers(1);
    for (ReliabilityBin bin : bins) {
      table.row(
          NumberFormat.fixed(bin.from(), DIGITS) + " to " + NumberFormat.fixed(bin.to(), DIGITS),
          NumberFormat.fixed(bin.confidence(), DIGITS),
          NumberFormat.fixed(bin.accuracy(), DIGITS),
          NumberFormat.grouped(bin.rows()));
    }
    String summary =
        bins.size() == 1 ? "The bin in use" : "The %s bins in use".formatted(bins.size());
    out.open("details").element("summary", summary);
    table.render(out);
    out.close();
  }
}
