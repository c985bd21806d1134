package org.sparkfinetune.finetune;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.sparkfinetune.PublicApi;
import org.sparkfinetune.evaluate.IntervalNames;
import org.sparkfinetune.evaluate.PairedMetrics;
import org.sparkfinetune.pipeline.PairedPredictions;
import org.sparkfinetune.report.DisagreeingRow;
import org.sparkfinetune.report.ModelComparisonReport;
import org.sparkfinetune.runs.RecordedRun;
import org.sparkfinetune.slice.PairedSlice;
import org.sparkfinetune.text.NumberFormat;
import org.sparkfinetune.text.TextTable;
import org.sparkfinetune.text.TextTable.Column;

/**
 * What the same labeled rows say of two classifiers. Differences are the first's figure less the
 * second's: where more is better, the first is better by so much. Immutable.
 */
@PublicApi
public final class ComparisonResult {
  private static final double ALPHA = 0.05;
  private static final int DIGITS = 4;

  private final PairedMetrics metrics;
  private final List<PairedSlice> slices;
  private final List<String> notes;
  private final Optional<RecordedRun> recorded;

  ComparisonResult(PairedPredictions.Measured measured) {
    this(measured.all(), measured.slices(), measured.notes(), Optional.empty());
  }

  private ComparisonResult(
      PairedMetrics metrics,
      List<PairedSlice> slices,
      List<String> notes,
      Optional<RecordedRun> recorded) {
    this.metrics = metrics;
    this.slices = List.copyOf(slices);
    this.notes = List.copyOf(notes);
    this.recorded = recorded;
  }

  /** The same, with its record, which has ended. */
  ComparisonResult with(RecordedRun run) {
    return new ComparisonResult(metrics, slices, notes, Optional.of(run));
  }

  /**
   * The record of the comparison; empty where no tracking server is named, or nothing is written.
   */
  public Optional<RecordedRun> run() {
    return recorded;
  }

  /** The rows that were compared: those with a text and labels that the models know. */
  public long rows() {
    return metrics.first().n();
  }

  /** Rows whose labels both predict exactly. */
  public long bothRight() {
    return metrics.bothRight();
  }

  /** Rows that the first alone gets right. */
  public long onlyFirstRight() {
    return metrics.onlyFirstRight();
  }

  /** Rows that the second alone gets right. */
  public long onlySecondRight() {
    return metrics.onlySecondRight();
  }

  /** Rows that neither gets right. */
  public long bothWrong() {
    return metrics.bothWrong();
  }

  /** The share of the rows, from 0 to 1, of which both predict the same, rightly or wrongly. */
  public double agreement() {
    return metrics.agreement();
  }

  /**
   * What parts of the rows say of the two, as {@code slices.json} has it; empty where {@code
   * evaluate.slices} names no columns.
   */
  public List<PairedSlice> slices() {
    return slices;
  }

  /**
   * Of McNemar's exact test, two-sided: how likely so uneven a share of the rows that one of the
   * two alone gets right would be, were the models equally good. From 0 to 1.
   */
  public double pValue() {
    return metrics.pValue();
  }

  /** The metrics of the first by name, as {@code accuracy}. */
  public Map<String, Double> first() {
    return withoutEnds(metrics.first().toMap(""));
  }

  /** The metrics of the second by name. */
  public Map<String, Double> second() {
    return withoutEnds(metrics.second().toMap(""));
  }

  private static Map<String, Double> withoutEnds(Map<String, Double> all) {
    Map<String, Double> metrics = new LinkedHashMap<>(all);
    metrics.keySet().removeIf(IntervalNames::isEnd);
    return metrics;
  }

  /**
   * Metrics of the first less those of the second, with the ends of their paired bootstrap
   * intervals: {@code accuracy_difference}, {@code accuracy_difference_ci_low}, {@code
   * accuracy_difference_ci_high}, {@code f1_difference}, ...
   */
  public Map<String, Double> differences() {
    return metrics.differences();
  }

  /** All figures by name, as {@code comparison.json} has them. */
  public Map<String, Double> figures() {
    Map<String, Double> figures = new LinkedHashMap<>();
    figures.put("rows", (double) rows());
    figures.put("both_right", (double) bothRight());
    figures.put("only_first_right", (double) onlyFirstRight());
    figures.put("only_second_right", (double) onlySecondRight());
    figures.put("both_wrong", (double) bothWrong());
    figures.put("agreement", agreement());
    figures.put("p_value", pValue());
    figures.putAll(differences());
    first().forEach((name, value) -> figures.put("first_" + name, value));
    second().forEach((name, value) -> figures.put("second_" + name, value));
    return figures;
  }

  /** A text in brief: which is better, how surely, and the rows behind it. */
  public String summary() {
    double difference = metrics.first().accuracy() - metrics.second().accuracy();
    String verdict =
        pValue() < ALPHA
            ? "The %s is better".formatted(difference > 0 ? "first" : "second")
            : "Neither is better beyond chance";
    return """
        accuracy           %s and %s
        only first right   %,d rows
        only second right  %,d rows
        p-value            %s (McNemar, exact)
        %s.
        """
        .formatted(
            NumberFormat.fixed(metrics.first().accuracy(), DIGITS),
            NumberFormat.fixed(metrics.second().accuracy(), DIGITS),
            onlyFirstRight(),
            onlySecondRight(),
            NumberFormat.metric(pValue()),
            verdict);
  }

  /** What {@code slices.json} holds. */
  Map<String, Object> slicesByName() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("notes", notes);
    map.put("slices", slices.stream().map(PairedSlice::toMap).toList());
    return map;
  }

  /**
   * A page of it.
   *
   * @param rows where they came from, as a record shows it
   * @param models the names of the two
   * @param disagreements some of the rows that one alone gets right
   */
  String page(
      String rows, List<String> models, List<String> labels, List<DisagreeingRow> disagreements) {
    return new ModelComparisonReport(
            rows, models.get(0), models.get(1), metrics, labels, slices, notes, disagreements)
        .html();
  }

  /** A table of the slices, for a terminal; empty where there are none. */
  public String sliceSummary() {
    if (slices.isEmpty()) {
      return "";
    }
    TextTable table =
        new TextTable(
            List.of(
                Column.text("slice", 0, 12, 60),
                Column.number("rows", 1),
                Column.number("first", 0),
                Column.number("second", 0),
                Column.number("difference", 1),
                Column.number("alike", 2),
                Column.number("p-value, corrected", 1)),
            2);
    for (PairedSlice slice : slices) {
      table.row(
          List.of(
              slice.slice().name(),
              NumberFormat.grouped(slice.rows()),
              NumberFormat.fixed(slice.firstAccuracy(), DIGITS),
              NumberFormat.fixed(slice.secondAccuracy(), DIGITS),
              NumberFormat.fixed(slice.firstAccuracy() - slice.secondAccuracy(), DIGITS),
              NumberFormat.fixed(slice.agreement(), DIGITS),
              NumberFormat.metric(slice.pValueAdjusted())));
    }
    return String.join("\n", notes) + "\n\n" + table.render(OptionalInt.empty());
  }

  @Override
  public String toString() {
    return summary();
  }
}
