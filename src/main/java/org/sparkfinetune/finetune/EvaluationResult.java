package org.sparkfinetune.finetune;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.sparkfinetune.PublicApi;
import org.sparkfinetune.conformal.SetCoverage;
import org.sparkfinetune.evaluate.ConfusionMatrix;
import org.sparkfinetune.evaluate.Interval;
import org.sparkfinetune.evaluate.Metric;
import org.sparkfinetune.evaluate.Metrics;
import org.sparkfinetune.evaluate.RankedScores;
import org.sparkfinetune.evaluate.Report;
import org.sparkfinetune.evaluate.RiskCoverage;
import org.sparkfinetune.evaluate.Scores;
import org.sparkfinetune.evaluate.Stage;
import org.sparkfinetune.report.ClassResults;
import org.sparkfinetune.report.EvaluationReport;
import org.sparkfinetune.runs.RecordedRun;
import org.sparkfinetune.slice.SliceResult;

/** What labeled rows say of a classifier. Immutable. */
@PublicApi
public final class EvaluationResult {
  private final Metrics metrics;
  private final List<String> labels;
  private final Report report;
  private final ClassResults classes;
  private final Optional<SliceResult> slices;
  private final Optional<RecordedRun> recorded;

  private EvaluationResult(
      Metrics metrics,
      List<String> labels,
      Optional<SliceResult> slices,
      Optional<RecordedRun> recorded) {
    this.metrics = metrics;
    this.slices = slices;
    this.recorded = recorded;
    this.labels = List.copyOf(labels);
    report = metrics.report(labels);
    classes = ClassResults.of(metrics, labels);
  }

  /**
   * The result of measured rows.
   *
   * @param labels the label names, by index
   */
  static EvaluationResult of(Metrics metrics, List<String> labels) {
    return of(metrics, labels, Optional.empty());
  }

  /** The same with what parts of the rows say. */
  static EvaluationResult of(Metrics metrics, List<String> labels, Optional<SliceResult> slices) {
    return new EvaluationResult(metrics, labels, slices, Optional.empty());
  }

  /** The same, with its record, which has ended. */
  EvaluationResult with(RecordedRun run) {
    return new EvaluationResult(metrics, labels, slices, Optional.of(run));
  }

  /**
   * The record of the evaluation; empty where no tracking server is named, or nothing is written.
   */
  public Optional<RecordedRun> run() {
    return recorded;
  }

  /** The rows that were measured: those with a text and a label that the model knows. */
  public long rows() {
    return metrics.n();
  }

  /** The share of the rows, from 0 to 1, whose predicted labels are exactly their labels. */
  public double accuracy() {
    return metrics.accuracy();
  }

  /**
   * Every metric by name, as {@code metrics.json} has them: {@code test_loss} (nats), {@code
   * test_accuracy}, {@code test_f1}, ... (shares from 0 to 1), {@code test_samples} (rows). Of
   * those that have an interval its ends come behind it, as {@code test_accuracy_ci_low} and {@code
   * test_accuracy_ci_high}.
   */
  public Map<String, Double> metrics() {
    return metrics.toMap(Stage.TEST.prefix());
  }

  /** The intervals of metrics, by the metrics' names as {@link #metrics} has them. */
  public Map<String, Interval> intervals() {
    return metrics.intervalsAt(Stage.TEST);
  }

  /** The label names, by index. */
  public List<String> labels() {
    return labels;
  }

  /** Precision, recall, F1 and rows by label, in the order of {@link #labels}. */
  public Map<String, Scores> classes() {
    Map<String, Scores> byLabel = new LinkedHashMap<>();
    for (int i = 0; i < labels.size(); i++) {
      byLabel.put(labels.get(i), classes.scores().get(i));
    }
    return byLabel;
  }

  /** Rows by label and prediction, by label index; empty for multi-label models. */
  public Optional<ConfusionMatrix> confusionMatrix() {
    return classes.confusions();
  }

  /**
   * How often predictions are right from a confidence on, what {@code predict.abstain_below} would
   * do to these rows; empty for multi-label models.
   */
  public Optional<RiskCoverage> riskCoverage() {
    return metrics.riskCoverage();
  }

  /**
   * How the model's prediction sets fare on the rows, by the coverages that it was calibrated for,
   * ascending; empty where it has none.
   */
  public List<SetCoverage> predictionSets() {
    return metrics.predictionSets();
  }

  /**
   * For whom the model fails, as {@code slices.json} has it: metrics by slice, the worst slices and
   * gaps between groups; empty where none of that was asked for.
   */
  public Optional<SliceResult> slices() {
    return slices;
  }

  /** A text in brief: averages and, where there are many classes, those that need attention. */
  public String summary() {
    return report.summary();
  }

  /** A text with the scores of every class, and the most frequent confusions. */
  public String report() {
    return report.full();
  }

  @Override
  public String toString() {
    return summary();
  }

  /** What pages show of the classes. */
  ClassResults classResults() {
    return classes;
  }

  /** What was measured. */
  Metrics measured() {
    return metrics;
  }

  /** The mean log loss, in nats. */
  double loss() {
    return metrics().get(Metric.LOSS.at(Stage.TEST));
  }

  /** What the order of each label's scores says, by label index. */
  List<RankedScores> ranked() {
    return metrics.ranked();
  }

  /**
   * A page of it.
   *
   * @param rows where they came from, as a record shows it
   */
  String page(String rows) {
    return EvaluationReport.html(rows, metrics, labels, List.of(), slices);
  }

  /** The confusions as CSV; empty for multi-label models, and where the classes are too many. */
  Optional<String> confusionMatrixCsv() {
    return report.confusionMatrixCsv();
  }
}
