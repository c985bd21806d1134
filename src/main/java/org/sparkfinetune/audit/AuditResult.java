package org.sparkfinetune.audit;

import java.util.Map;
import java.util.Optional;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.sparkfinetune.PublicApi;
import org.sparkfinetune.pipeline.PredictionWriter;
import org.sparkfinetune.report.AuditFigures;
import org.sparkfinetune.runs.RecordedRun;
import org.sparkfinetune.storage.OutputFiles;
import org.sparkfinetune.text.NumberFormat;

/** What an audit has found. Immutable. */
@PublicApi
public final class AuditResult {
  private final SparkSession spark;
  private final AuditFigures figures;
  private final Map<String, Double> metrics;
  private final Map<String, String> files;
  private final PredictionWriter.Format format;
  private final Optional<RecordedRun> recorded;

  AuditResult(
      SparkSession spark,
      AuditFigures figures,
      Map<String, Double> metrics,
      Map<String, String> files,
      PredictionWriter.Format format) {
    this(spark, figures, metrics, files, format, Optional.empty());
  }

  private AuditResult(
      SparkSession spark,
      AuditFigures figures,
      Map<String, Double> metrics,
      Map<String, String> files,
      PredictionWriter.Format format,
      Optional<RecordedRun> recorded) {
    this.spark = spark;
    this.figures = figures;
    this.metrics = metrics;
    this.files = files;
    this.format = format;
    this.recorded = recorded;
  }

  /** The same, with its record, which has ended. */
  AuditResult with(RecordedRun run) {
    return new AuditResult(spark, figures, metrics, files, format, Optional.of(run));
  }

  /** The record of the audit; empty where no tracking server is named. */
  public Optional<RecordedRun> run() {
    return recorded;
  }

  /** The rows that were audited: those with a text and a label. */
  public long rows() {
    return figures.rows();
  }

  /** How many of them have a label that is called an issue. */
  public long issueCount() {
    return figures.issues();
  }

  /**
   * The audited rows with all their columns and {@code label_issue} (a boolean), {@code
   * suggested_label} (a string, of label sets an array of strings; null where there is no issue),
   * {@code quality} (from 0 to 1), {@code outlier} (a boolean) and {@code outlier_score} (from 0 to
   * 1, less for a row that is less like any label's; both null of label sets), issues first, and of
   * these the worst. They are read from the output; of CSV all but those five are strings.
   */
  public Dataset<Row> issues() {
    return PredictionWriter.read(spark, files.get(OutputFiles.ISSUES), format);
  }

  /** The numbers of {@code audit.json} by name: {@code rows}, {@code issues}, {@code noise}, ... */
  public Map<String, Double> metrics() {
    return metrics;
  }

  /**
   * What was written to the output: paths by name, {@code issues}, {@code audit.json}, {@code
   * report.html}, ...
   */
  public Map<String, String> files() {
    return files;
  }

  /** A text in brief. */
  public String summary() {
    StringBuilder text = new StringBuilder();
    text.append(
        "%s of %s labels are issues (%s %%); estimated noise %s %%; accuracy on unseen rows %s%n"
            .formatted(
                NumberFormat.thousands(figures.issues()),
                NumberFormat.thousands(figures.rows()),
                NumberFormat.fixed(100.0 * figures.issues() / Math.max(1, figures.rows()), 1),
                NumberFormat.fixed(100 * figures.noise(), 1),
                NumberFormat.fixed(figures.accuracy(), 4)));
    figures.overlaps().stream()
        .limit(5)
        .forEach(
            pair ->
                text.append(
                    "  %s taken for %s: %s rows%n"
                        .formatted(
                            pair.given(), pair.suggested(), NumberFormat.thousands(pair.rows()))));
    AuditFigures.Duplicates duplicates = figures.duplicates();
    text.append(
        "duplicates: %s rows of equal texts, %s of nearly equal ones%n"
            .formatted(
                NumberFormat.thousands(duplicates.exactRows()),
                NumberFormat.thousands(duplicates.nearRows())));
    for (AuditFigures.Leak leak : duplicates.leaked()) {
      text.append(
          "leakage: %s %s rows have the text of an audited row, %s nearly%n"
              .formatted(
                  NumberFormat.thousands(leak.exact()),
                  leak.set(),
                  NumberFormat.thousands(leak.near())));
    }
    return text.toString();
  }

  @Override
  public String toString() {
    return summary();
  }
}
