package org.sparkfinetune.study;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.sparkfinetune.PublicApi;
import org.sparkfinetune.finetune.EvaluationResult;
import org.sparkfinetune.finetune.TextClassifier;
import org.sparkfinetune.runs.RecordedRun;
import org.sparkfinetune.tune.FrozenTrial;
import org.sparkfinetune.tune.History;
import org.sparkfinetune.tune.Importance;
import org.sparkfinetune.tune.ParetoFront;

/** What came of a study. Immutable. */
@PublicApi
public final class StudyResult {
  private final History history;
  private final FrozenTrial best;
  private final Optional<TextClassifier> classifier;
  private final Optional<EvaluationResult> test;
  private final Map<String, String> files;
  private final Optional<RecordedRun> recorded;

  StudyResult(
      History history,
      FrozenTrial best,
      Optional<TextClassifier> classifier,
      Optional<EvaluationResult> test,
      Map<String, String> files,
      Optional<RecordedRun> recorded) {
    this.history = history;
    this.best = best;
    this.classifier = classifier;
    this.test = test;
    this.files = files;
    this.recorded = recorded;
  }

  /** The same, with its record, which has ended. */
  StudyResult with(RecordedRun run) {
    return new StudyResult(history, best, classifier, test, files, Optional.of(run));
  }

  /** The best trial that is complete and meets the constraints, by the first metric. */
  public FrozenTrial best() {
    return best;
  }

  /** The settings of the best trial, by key, to be set for a fine-tuning. */
  public Map<String, Object> bestParams() {
    return best.params();
  }

  /** The first metric's value in the best trial. */
  public double bestValue() {
    return best.value();
  }

  /** All trials by number, those that failed or were pruned among them. */
  public List<FrozenTrial> trials() {
    return history.trials();
  }

  /** Of several metrics, the trials that no other beats in all; of one, the best alone. */
  public List<FrozenTrial> paretoFront() {
    return ParetoFront.of(history);
  }

  /** How much each parameter matters for the first metric: the most important first, 1 in sum. */
  public Map<String, Double> importances() {
    return Importance.of(history);
  }

  /** The model of the best trial; empty where trials are an objective of the user's own. */
  public Optional<TextClassifier> classifier() {
    return classifier;
  }

  /** What the test rows say of that model; empty without test rows. */
  public Optional<EvaluationResult> test() {
    return test;
  }

  /**
   * What was written to the output: paths by name, {@code study.json}, {@code best.conf}, {@code
   * report.html}, {@code model}, ...
   */
  public Map<String, String> files() {
    return files;
  }

  /** The record of the study's run, which those of its trials are below. */
  public RecordedRun run() {
    return recorded.orElseThrow();
  }

  @Override
  public String toString() {
    return "StudyResult(best=trial "
        + best.number()
        + ", value="
        + best.value()
        + ", params="
        + best.params()
        + ")";
  }
}
