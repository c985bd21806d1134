package org.sparkfinetune.report;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.sparkfinetune.evaluate.Better;
import org.sparkfinetune.evaluate.IntervalNames;
import org.sparkfinetune.evaluate.MetricName;
import org.sparkfinetune.evaluate.PairedMetrics;
import org.sparkfinetune.report.Table.Cell;
import org.sparkfinetune.slice.PairedSlice;
import org.sparkfinetune.text.NumberFormat;

/**
 * The page of two models on the same rows: which is better, how surely, for which rows, and where
 * they disagree.
 *
 * @param rows where they came from
 * @param first the first model's name
 * @param second the second model's name
 * @param metrics what the rows say of the two
 * @param labels the label names, by index
 * @param slices what parts of the rows say; empty where none were asked for
 * @param notes how these were made
 * @param disagreements some of the rows that one alone gets right
 */
public record ModelComparisonReport(
    String rows,
    String first,
    String second,
    PairedMetrics metrics,
    List<String> labels,
    List<PairedSlice> slices,
    List<String> notes,
    List<DisagreeingRow> disagreements) {
  private static final String TITLE = "Comparison of two models";
  private static final double ALPHA = 0.05;
  private static final int DIGITS = 4;
  private static final int PAIRS = 15;
  private static final String DIFFERENCE = "accuracy_difference";
  private static final String LOW = "_ci_low";
  private static final String HIGH = "_ci_high";

  /** An HTML file. */
  public String html() {
    return HtmlPage.html(TITLE, this::write);
  }

  private void write(HtmlWriter out) {
    out.open("header").element("h1", TITLE);
    out.open("dl", "class", "facts");
    fact(out, "first", first);
    fact(out, "second", second);
    fact(out, "rows of", rows);
    out.close().close();
    tiles(out);
    out.element("p", verdict(), "class", "note");
    HtmlPage.section(out, "Metrics", this::metrics);
    HtmlPage.section(out, "Who is right", this::right);
    if (!slices.isEmpty()) {
      HtmlPage.section(out, "Slices", this::slices);
    }
    if (!metrics.disagreements().isEmpty()) {
      HtmlPage.section(out, "Where they disagree", this::pairs);
    }
    HtmlPage.section(out, "Rows that one alone gets right", this::texts);
    out.element("footer", "Written by spark-finetune.");
  }

  private static void fact(HtmlWriter out, String name, String value) {
    out.open("div").element("dt", name).open("dd").element("bdi", value);
    out.close().close();
  }

  private void tiles(HtmlWriter out) {
    Map<String, Double> differences = metrics.differences();
    out.open("ul", "class", "tiles");
    tile(
        out,
        "accuracy, first less second",
        signed(differences.get(DIFFERENCE)),
        interval(differences, DIFFERENCE));
    tile(out, "p-value", NumberFormat.metric(metrics.pValue()), "McNemar's exact test");
    tile(out, "accuracy of the first", NumberFormat.metric(metrics.first().accuracy()), "");
    tile(out, "accuracy of the second", NumberFormat.metric(metrics.second().accuracy()), "");
    tile(
        out,
        "predicted alike",
        NumberFormat.metric(metrics.agreement()),
        "of " + NumberFormat.grouped(metrics.first().n()) + " rows");
    out.close();
  }

  private static void tile(HtmlWriter out, String name, String value, String beside) {
    out.open("li").element("span", name, "class", "quiet").element("b", value);
    if (!beside.isEmpty()) {
      out.element("span", beside, "class", "quiet");
    }
    out.close();
  }

  private String verdict() {
    if (metrics.pValue() >= ALPHA) {
      return "Neither is better beyond chance.";
    }
    return "The %s is better, beyond chance."
        .formatted(metrics.first().accuracy() > metrics.second().accuracy() ? "first" : "second");
  }

  private void metrics(HtmlWriter out) {
    out.element(
        "p",
        "Differences are the first's less the second's, with paired bootstrap intervals: both are"
            + " measured on the same rows drawn. The better of the two is bold where the interval"
            + " does not hold 0.");
    Map<String, Double> ofFirst = metrics.first().toMap("");
    Map<String, Double> ofSecond = metrics.second().toMap("");
    Map<String, Double> differences = metrics.differences();
    Table table = new Table("metric", "first", "second", "difference", "interval").numbers(1);
    ofFirst.forEach(
        (name, value) -> {
          String difference = name + "_difference";
          if (!IntervalNames.isEnd(name) && ofSecond.containsKey(name) && !name.equals("samples")) {
            int better = surely(name, differences, difference);
            table.row(
                List.of(
                    Cell.of(name),
                    marked(value, better > 0),
                    marked(ofSecond.get(name), better < 0),
                    Cell.of(signed(value - ofSecond.get(name))),
                    Cell.of(interval(differences, difference))));
          }
        });
    table.render(out);
  }

  private static Cell marked(double value, boolean isBetter) {
    return new Cell(NumberFormat.metric(value), isBetter ? "better" : "", Double.NaN);
  }

  /** 1 where the first is better by a metric whose interval does not hold 0, -1 the second. */
  private static int surely(String metric, Map<String, Double> differences, String difference) {
    Better better = MetricName.better(metric);
    if (!differences.containsKey(difference + LOW) || better == Better.NEITHER) {
      return 0;
    }
    int sign =
        differences.get(difference + LOW) > 0 ? 1 : differences.get(difference + HIGH) < 0 ? -1 : 0;
    return sign * better.sign();
  }

  private void right(HtmlWriter out) {
    out.element(
        "p",
        "Rows by which of the two predicts them exactly. The test asks whether those that one"
            + " alone gets right are more than chance would have them on one side.");
    Table table = new Table("", "second right", "second wrong").numbers(1);
    table.row("first right", rowsOf(metrics.bothRight()), rowsOf(metrics.onlyFirstRight()));
    table.row("first wrong", rowsOf(metrics.onlySecondRight()), rowsOf(metrics.bothWrong()));
    table.render(out);
  }

  private String rowsOf(long count) {
    long all = Math.max(1, metrics.first().n());
    return NumberFormat.grouped(count) + " (" + NumberFormat.fixed(100.0 * count / all, 1) + " %)";
  }

  private void slices(HtmlWriter out) {
    notes.forEach(note -> out.element("p", note, "class", "note"));
    out.element(
        "p",
        "The difference of the accuracies on the rows of each slice, the first's less the second's,"
            + " with its interval. Slices whose whole interval is below 0, where the second is"
            + " better, have another color. The p-values are corrected for the tests of all slices"
            + " (Holm).");
    Map<String, Forest> byColumn = new LinkedHashMap<>();
    Table table =
        new Table(
                "slice",
                "rows",
                "first",
                "second",
                "difference",
                "interval",
                "alike",
                "p-value",
                "corrected")
            .numbers(1);
    for (PairedSlice slice : slices) {
      Map<String, Double> differences = slice.differences();
      byColumn
          .computeIfAbsent(
              slice.slice().column(), name -> new Forest(name, "difference of accuracy", 0))
          .add(
              slice.slice().value(),
              differences.get(DIFFERENCE),
              differences.getOrDefault(DIFFERENCE + LOW, Double.NaN),
              differences.getOrDefault(DIFFERENCE + HIGH, Double.NaN),
              slice.slice().name() + ": " + NumberFormat.grouped(slice.rows()) + " rows");
      table.row(
          slice.slice().name(),
          NumberFormat.grouped(slice.rows()),
          NumberFormat.fixed(slice.firstAccuracy(), DIGITS),
          NumberFormat.fixed(slice.secondAccuracy(), DIGITS),
          signed(differences.get(DIFFERENCE)),
          interval(differences, DIFFERENCE),
          NumberFormat.fixed(slice.agreement(), DIGITS),
          NumberFormat.metric(slice.pValue()),
          NumberFormat.metric(slice.pValueAdjusted()));
    }
    out.open("div", "class", "charts");
    byColumn.values().forEach(forest -> forest.render(out));
    out.close();
    table.render(out);
  }

  private void pairs(HtmlWriter out) {
    out.element(
        "p",
        "Rows by what the two predict where they do not predict the same, the most frequent first."
            + " What is right is bold.");
    List<PairedMetrics.Disagreement> all = metrics.disagreements();
    pairs(all.subList(0, Math.min(PAIRS, all.size()))).render(out);
    if (all.size() > PAIRS) {
      out.open("details").element("summary", "The %s most frequent".formatted(all.size()));
      pairs(all).render(out);
      out.close();
    }
  }

  private Table pairs(List<PairedMetrics.Disagreement> shown) {
    Table table = new Table("label", "first says", "second says", "rows").numbers(3);
    long most = shown.get(0).rows();
    for (PairedMetrics.Disagreement pair : shown) {
      table.row(
          List.of(
              Cell.of(labels.get(pair.label())),
              said(labels.get(pair.first()), pair.first() == pair.label()),
              said(labels.get(pair.second()), pair.second() == pair.label()),
              Cell.bar(NumberFormat.grouped(pair.rows()), (double) pair.rows() / most)));
    }
    return table;
  }

  private void texts(HtmlWriter out) {
    if (disagreements.isEmpty()) {
      out.element("p", "There is none.", "class", "note");
      return;
    }
    out.element(
        "p",
        "%s of the %s rows; what is right is bold."
            .formatted(
                NumberFormat.grouped(disagreements.size()),
                NumberFormat.grouped(metrics.onlyFirstRight() + metrics.onlySecondRight())));
    Table table = new Table("text", "label", "first says", "second says");
    for (DisagreeingRow row : disagreements) {
      table.row(
          List.of(
              Cell.of(row.text()),
              Cell.of(row.label()),
              said(row.first(), row.firstIsRight()),
              said(row.second(), !row.firstIsRight())));
    }
    table.render(out);
  }

  private static Cell said(String label, boolean isRight) {
    return new Cell(label, isRight ? "better" : "", Double.NaN);
  }

  private static String interval(Map<String, Double> values, String name) {
    return values.containsKey(name + LOW)
        ? signed(values.get(name + LOW)) + " to " + signed(values.get(name + HIGH))
        : "";
  }

  private static String signed(double difference) {
    return (difference > 0 ? "+" : "") + NumberFormat.fixed(difference, DIGITS);
  }
}
