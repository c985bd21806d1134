package org.sparkfinetune.report;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.sparkfinetune.conformal.SetCoverage;
import org.sparkfinetune.evaluate.Interval;
import org.sparkfinetune.evaluate.IntervalNames;
import org.sparkfinetune.evaluate.MetricName;
import org.sparkfinetune.evaluate.Metrics;
import org.sparkfinetune.evaluate.RankedScores;
import org.sparkfinetune.evaluate.ReliabilityBin;
import org.sparkfinetune.evaluate.Stage;
import org.sparkfinetune.report.Table.Cell;
import org.sparkfinetune.slice.SliceResult;
import org.sparkfinetune.text.NumberFormat;

/** The page of measured rows: what a model is worth, how sure that is, and where it fails. */
public final class EvaluationReport {
  private static final int DIGITS = 4;
  private static final int MANY = 20;
  private static final String TITLE = "Evaluation on ";

  private final String rows;
  private final Metrics metrics;
  private final ClassResults classes;
  private final List<ReliabilityBin> before;
  private final Map<String, Double> values;
  private final Map<String, Interval> intervals;
  private final Optional<SliceResult> slices;

  private EvaluationReport(
      String rows,
      Metrics metrics,
      List<String> labels,
      List<ReliabilityBin> before,
      Optional<SliceResult> slices) {
    this.before = before;
    this.slices = slices;
    this.rows = rows;
    this.metrics = metrics;
    this.classes = ClassResults.of(metrics, labels);
    this.values = metrics.toMap(Stage.TEST.prefix());
    this.intervals = metrics.intervalsAt(Stage.TEST);
  }

  /**
   * An HTML file.
   *
   * @param rows where they came from: a path, of which the last name is shown, or another name
   * @param labels the label names, by index
   * @param before the reliability of the same rows before a calibration; empty where there was none
   */
  public static String html(
      String rows, Metrics metrics, List<String> labels, List<ReliabilityBin> before) {
    return html(rows, metrics, labels, before, Optional.empty());
  }

  /**
   * The same with what parts of the rows say.
   *
   * @param slices empty where none were asked for
   */
  public static String html(
      String rows,
      Metrics metrics,
      List<String> labels,
      List<ReliabilityBin> before,
      Optional<SliceResult> slices) {
    EvaluationReport report = new EvaluationReport(name(rows), metrics, labels, before, slices);
    return HtmlPage.html(TITLE + report.rows, report::write);
  }

  private static String name(String rows) {
    String path = rows.replaceAll("/+$", "");
    return path.substring(path.lastIndexOf('/') + 1);
  }

  private void write(HtmlWriter out) {
    out.open("header").open("h1").element("bdi", TITLE + rows).close();
    out.open("dl", "class", "facts");
    fact(out, "rows", NumberFormat.grouped(metrics.n()));
    fact(out, "labels", NumberFormat.grouped(classes.labels().size()));
    out.close().close();
    headlines(out);
    HtmlPage.section(out, "Metrics", table()::render);
    if (!metrics.reliability().isEmpty()) {
      HtmlPage.section(
          out, "Calibration", new ReliabilitySection(metrics.reliability(), before)::render);
    }
    metrics
        .riskCoverage()
        .filter(curve -> !curve.points().isEmpty())
        .ifPresent(
            curve ->
                HtmlPage.section(
                    out, "When not to answer", new RiskCoverageSection(curve)::render));
    if (!metrics.predictionSets().isEmpty()) {
      HtmlPage.section(out, "Prediction sets", this::predictionSets);
    }
    slices.ifPresent(parts -> new SliceMetricsSection(parts, metrics.accuracy()).sections(out));
    HtmlPage.section(out, "Classes", new ClassesSection(classes)::render);
    if (!metrics.ranked().isEmpty()) {
      HtmlPage.section(out, "Order of scores", this::ranked);
    }
    classes
        .confusions()
        .ifPresent(
            matrix ->
                HtmlPage.section(
                    out, "Confusions", new ConfusionSection(classes.labels(), matrix)::render));
    HtmlPage.footer(out);
  }

  private static void fact(HtmlWriter out, String name, String value) {
    out.open("div").element("dt", name).open("dd").element("bdi", value);
    out.close().close();
  }

  private void headlines(HtmlWriter out) {
    out.open("ul", "class", "tiles");
    for (String name : MetricName.headlines(values.keySet())) {
      out.open("li").element("span", name, "class", "quiet");
      out.element("b", NumberFormat.metric(values.get(name)));
      if (intervals.containsKey(name)) {
        out.element("span", interval(intervals.get(name)), "class", "quiet");
      }
      out.close();
    }
    out.close();
  }

  private static String interval(Interval interval) {
    return NumberFormat.fixed(interval.low(), DIGITS)
        + " to "
        + NumberFormat.fixed(interval.high(), DIGITS);
  }

  private Table table() {
    Table table = new Table("metric", "value", "interval").numbers(1);
    values.forEach(
        (name, value) -> {
          if (!IntervalNames.isEnd(name)) {
            table.row(
                name,
                NumberFormat.metric(value),
                intervals.containsKey(name) ? interval(intervals.get(name)) : "");
          }
        });
    return table;
  }

  private void predictionSets(HtmlWriter out) {
    out.element(
        "p",
        "Sets of labels that are to have the right one in them as often as was asked for, and how"
            + " often they do on these rows.");
    Table table =
        new Table("asked for", "with the right label", "labels a set", "empty sets").numbers(0);
    for (SetCoverage sets : metrics.predictionSets()) {
      table.row(
          Double.toString(sets.coverage()),
          NumberFormat.fixed(sets.covered(), DIGITS),
          NumberFormat.fixed(sets.meanSize(), 2),
          NumberFormat.fixed(sets.empty(), DIGITS));
    }
    table.render(out);
  }

  private void ranked(HtmlWriter out) {
    out.element(
        "p",
        "Each label against all others: how well its probability tells its rows from the others,"
            + " whatever the threshold.");
    Table table = new Table("label", "AUROC", "average precision", "rows").numbers(1);
    for (RankedScores label : metrics.ranked()) {
      table.row(
          List.of(
              Cell.of(classes.labels().get(label.column())),
              share(label.auroc()),
              share(label.averagePrecision()),
              Cell.of(NumberFormat.grouped(label.support()))));
    }
    if (metrics.ranked().size() <= MANY) {
      table.render(out);
      return;
    }
    out.open("details").element("summary", "All %s labels".formatted(metrics.ranked().size()));
    table.render(out);
    out.close();
  }

  private static Cell share(double value) {
    return Double.isNaN(value)
        ? Cell.of("not defined")
        : Cell.bar(NumberFormat.fixed(value, DIGITS), value);
  }
}
