package org.sparkfinetune.finetune;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.sparkfinetune.PublicApi;
import org.sparkfinetune.evaluate.IntervalNames;
import org.sparkfinetune.evaluate.PairedMetrics;
import org.sparkfinetune.runs.RecordedRun;
import org.sparkfinetune.text.NumberFormat;

/**
 * What the same labeled rows say of two classifiers. Differences are the first's figure less the
 * second's: where more is better, the first is better by so much. Immutable.
 */
@PublicApi
public final class ComparisonResult {
  private static final double ALPHA = 0.05;
  private static final int DIGITS = 4;

  private final PairedMetrics metrics;
  private final Optional<RecordedRun> recorded;

  ComparisonResult(PairedMetrics metrics) {
    this(metrics, Optional.empty());
  }

  private ComparisonResult(PairedMetrics metrics, Optional<RecordedRun> recorded) {
    this.metrics = metrics;
    this.recorded = recorded;
  }

  /** The same, with its record, which has ended. */
  ComparisonResult with(RecordedRun run) {
    return new ComparisonResult(metrics, Optional.of(run));
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

  @Override
  public String toString() {
    return summary();
  }
}
