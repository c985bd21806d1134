package org.sparkfinetune.report;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.stream.Stream;
import org.sparkfinetune.report.Table.Cell;
import org.sparkfinetune.slice.FairnessGap;
import org.sparkfinetune.slice.SliceMetrics;
import org.sparkfinetune.slice.SliceResult;
import org.sparkfinetune.slice.WorstBy;
import org.sparkfinetune.slice.WorstSlice;
import org.sparkfinetune.slice.WorstSlices;
import org.sparkfinetune.text.NumberFormat;

/** For whom a model fails: metrics by slice, the worst slices, and gaps between groups. */
final class SliceMetricsSection {
  private static final int DIGITS = 4;
  private static final String ACCURACY = "accuracy";

  /** What the table has, of those that there are; a file has all. */
  private static final List<String> METRICS = List.of(ACCURACY, "f1", "f1_micro", "loss", "ece");

  /** So many labels' gaps are shown, the largest. */
  private static final int LABELS = 20;

  private final SliceResult result;
  private final double accuracy;

  /**
   * @param accuracy of all rows
   */
  SliceMetricsSection(SliceResult result, double accuracy) {
    this.result = result;
    this.accuracy = accuracy;
  }

  /** Writes the sections that there is something for. */
  void sections(HtmlWriter out) {
    if (!result.slices().isEmpty()) {
      HtmlPage.section(out, "Slices", this::slices);
    }
    result
        .worst()
        .ifPresent(found -> HtmlPage.section(out, "Worst slices", inner -> worst(inner, found)));
    result
        .fairness()
        .forEach(
            gap ->
                HtmlPage.section(out, "Groups of " + gap.column(), inner -> fairness(inner, gap)));
  }

  private void slices(HtmlWriter out) {
    notes(out);
    out.element(
        "p",
        "The accuracy of the rows of each slice, with its interval. The broken line is that of all"
            + " rows; slices whose whole interval is below it have another color. Of few rows an"
            + " interval is wide, and of many slices some lie apart by chance.");
    Map<String, Forest> byColumn = new LinkedHashMap<>();
    for (SliceMetrics slice : result.slices()) {
      Map<String, Double> metrics = slice.metrics();
      String column = slice.slice().column();
      byColumn
          .computeIfAbsent(column, name -> new Forest(name, ACCURACY, accuracy))
          .add(
              slice.slice().value(),
              metrics.get(ACCURACY),
              metrics.getOrDefault(ACCURACY + "_ci_low", Double.NaN),
              metrics.getOrDefault(ACCURACY + "_ci_high", Double.NaN),
              slice.slice().name() + ": " + NumberFormat.grouped(slice.rows()) + " rows");
    }
    out.open("div", "class", "charts");
    byColumn.values().forEach(forest -> forest.render(out));
    out.close();
    table().render(out);
  }

  private void notes(HtmlWriter out) {
    result.notes().forEach(note -> out.element("p", note, "class", "note"));
  }

  private Table table() {
    List<String> shown =
        METRICS.stream()
            .filter(name -> result.slices().get(0).metrics().containsKey(name))
            .filter(name -> !name.equals("f1_micro") || !has("f1"))
            .toList();
    Table table =
        new Table(
                Stream.concat(Stream.of("slice", "rows", "less all rows' accuracy"), shown.stream())
                    .toArray(String[]::new))
            .numbers(1);
    for (SliceMetrics slice : result.slices()) {
      Stream<String> values = shown.stream().map(name -> value(slice.metrics(), name));
      table.row(
          Stream.concat(
                  Stream.of(
                      slice.slice().name(),
                      NumberFormat.grouped(slice.rows()),
                      signed(slice.differences().get(ACCURACY))),
                  values)
              .toArray(String[]::new));
    }
    return table;
  }

  private boolean has(String metric) {
    return result.slices().get(0).metrics().containsKey(metric);
  }

  private static String value(Map<String, Double> metrics, String name) {
    String value = NumberFormat.fixed(metrics.get(name), DIGITS);
    return metrics.containsKey(name + "_ci_low")
        ? "%s (%s to %s)"
            .formatted(
                value,
                NumberFormat.fixed(metrics.get(name + "_ci_low"), 3),
                NumberFormat.fixed(metrics.get(name + "_ci_high"), 3))
        : value;
  }

  private static String signed(double difference) {
    return (difference > 0 ? "+" : "") + NumberFormat.fixed(difference, DIGITS);
  }

  private void worst(HtmlWriter out, WorstSlices found) {
    if (result.slices().isEmpty()) {
      notes(out);
    }
    out.element(
        "p",
        "Of %s slices with at least %s rows (values of a column, of two columns at once, and words) those that are worse than the other rows: %s. The p-values are corrected for all these tests (Holm); those below %s, in bold, are more than chance."
            .formatted(
                NumberFormat.grouped(found.tests()),
                NumberFormat.grouped(found.minRows()),
                found.by().test(),
                WorstSlices.ALPHA));
    if (found.slices().isEmpty()) {
      out.element("p", "None is worse than the other rows.", "class", "note");
      return;
    }
    boolean byErrors = found.by() == WorstBy.ERROR;
    Table table =
        new Table(
                "slice",
                "rows",
                "errors",
                byErrors ? "share of errors" : "log loss",
                "of the other rows",
                "p-value",
                "corrected")
            .numbers(1);
    for (WorstSlice slice : found.slices()) {
      String kind = slice.pValueAdjusted() < WorstSlices.ALPHA ? "better" : "";
      String value = NumberFormat.fixed(slice.value(), DIGITS);
      table.row(
          List.of(
              new Cell(slice.name(), kind, Double.NaN),
              Cell.of(NumberFormat.grouped(slice.rows())),
              Cell.of(NumberFormat.grouped(slice.errors())),
              byErrors ? Cell.bar(value, slice.value()) : Cell.of(value),
              Cell.of(NumberFormat.fixed(slice.rest(), DIGITS)),
              Cell.of(NumberFormat.metric(slice.pValue())),
              new Cell(NumberFormat.metric(slice.pValueAdjusted()), kind, Double.NaN)));
    }
    table.render(out);
  }

  private static void fairness(HtmlWriter out, FairnessGap gap) {
    out.element(
        "p",
        "For each label against all others, the largest rate of a group less the smallest: of"
            + " predictions of the label (demographic parity), of these among rows that have it"
            + " (equal opportunity), and the larger one of that and of these among rows that have"
            + " it not (equalized odds). 0 is the same for all.");
    out.element("p", "Compared: " + groups(gap.groups()) + ".", "class", "note");
    if (!gap.leftOut().isEmpty()) {
      out.element("p", "Left out: " + groups(gap.leftOut()) + ".", "class", "note");
    }
    Table table =
        new Table("label", "demographic parity", "equal opportunity", "equalized odds").numbers(1);
    List<FairnessGap.OfLabel> largest =
        gap.labels().stream()
            .sorted(
                (one, other) ->
                    Double.compare(
                        other.equalizedOdds().orElse(-1), one.equalizedOdds().orElse(-1)))
            .limit(LABELS)
            .toList();
    for (FairnessGap.OfLabel label : largest) {
      table.row(
          List.of(
              Cell.of(label.label()),
              share(label.demographicParity()),
              share(label.equalOpportunity()),
              share(label.equalizedOdds())));
    }
    table.render(out);
    if (largest.size() < gap.labels().size()) {
      out.element(
          "p",
          "The %s of %s labels with the largest gaps of equalized odds."
              .formatted(largest.size(), gap.labels().size()),
          "class",
          "note");
    }
  }

  private static String groups(Map<String, Long> groups) {
    return String.join(
        ", ",
        groups.entrySet().stream()
            .map(group -> group.getKey() + " (" + NumberFormat.grouped(group.getValue()) + " rows)")
            .toList());
  }

  private static Cell share(OptionalDouble gap) {
    return gap.isEmpty()
        ? Cell.of("not defined")
        : Cell.bar(NumberFormat.fixed(gap.getAsDouble(), DIGITS), gap.getAsDouble());
  }
}
