package org.sparkfinetune.finetune;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.sparkfinetune.PublicApi;
import org.sparkfinetune.runs.RecordedRun;
import org.sparkfinetune.storage.OutputFiles;

/** What came of a fine-tuning. Immutable. */
@PublicApi
public final class FineTuneResult {
  private final TextClassifier classifier;
  private final Map<String, Double> metrics;
  private final Optional<EvaluationResult> test;
  private final List<Map<String, Double>> logHistory;
  private final Map<String, String> files;
  private final Optional<RecordedRun> recorded;

  FineTuneResult(
      TextClassifier classifier,
      Map<String, Double> metrics,
      Optional<EvaluationResult> test,
      List<Map<String, Double>> logHistory,
      Map<String, String> files,
      Optional<RecordedRun> recorded) {
    this.classifier = classifier;
    this.metrics = metrics;
    this.test = test;
    this.logHistory = logHistory;
    this.files = files;
    this.recorded = recorded;
  }

  /** The same, with its record, which has ended. */
  FineTuneResult with(RecordedRun run) {
    return new FineTuneResult(classifier, metrics, test, logHistory, files, Optional.of(run));
  }

  /** The classifier, with the weights that were kept. */
  public TextClassifier classifier() {
    return classifier;
  }

  /**
   * Every figure by name, as {@code metrics.json} has them: {@code eval_*} of the validation rows
   * (of the weights kept), {@code test_*} of the test rows, {@code train_loss}, {@code
   * train_runtime} (seconds), {@code train_samples_per_second}, ...
   */
  public Map<String, Double> metrics() {
    return metrics;
  }

  /** What the test rows say; empty without test rows. */
  public Optional<EvaluationResult> test() {
    return test;
  }

  /**
   * The log of the training, in order: each entry has {@code step}, {@code epoch} and either {@code
   * loss}, {@code learning_rate} and {@code grad_norm}, or {@code eval_*}.
   */
  public List<Map<String, Double>> logHistory() {
    return logHistory;
  }

  /**
   * What was written to the output: paths by name, {@code model}, {@code metrics.json}, {@code
   * config.conf}, {@code report.html}, ...
   */
  public Map<String, String> files() {
    return files;
  }

  /** The record of the run. */
  public RecordedRun run() {
    return recorded.orElseThrow();
  }

  @Override
  public String toString() {
    return "FineTuneResult(model=%s%s%s)"
        .formatted(files.get(OutputFiles.MODEL), shown("eval_accuracy"), shown("test_accuracy"));
  }

  private String shown(String metric) {
    return metrics.containsKey(metric)
        ? String.format(Locale.ROOT, ", %s=%.4f", metric, metrics.get(metric))
        : "";
  }
}
