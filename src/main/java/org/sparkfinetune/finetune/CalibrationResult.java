package org.sparkfinetune.finetune;

import java.util.List;
import java.util.Map;
import org.sparkfinetune.PublicApi;
import org.sparkfinetune.conformal.SelectivePrediction;

/** A calibrated classifier, and what it is worth. Immutable. */
@PublicApi
public final class CalibrationResult {
  private final TextClassifier classifier;
  private final double temperature;
  private final EvaluationResult before;
  private final EvaluationResult after;

  CalibrationResult(
      TextClassifier classifier,
      double temperature,
      EvaluationResult before,
      EvaluationResult after) {
    this.classifier = classifier;
    this.temperature = temperature;
    this.before = before;
    this.after = after;
  }

  /** The calibrated classifier. */
  public TextClassifier classifier() {
    return classifier;
  }

  /** What its trained logits are divided by: above 1 where it was too sure of itself. */
  public double temperature() {
    return temperature;
  }

  /**
   * By the share of predictions that is to be right, the confidence below which the model should
   * not answer: of those that {@code calibrate.target_accuracy} has named.
   */
  public Map<Double, Double> abstainBelow() {
    return classifier
        .classifierPipeline()
        .selectivePrediction()
        .<Map<Double, Double>>map(SelectivePrediction::abstainBelow)
        .orElse(Map.of());
  }

  /** The coverages that the model has prediction sets for, ascending. */
  public List<Double> coverages() {
    return classifier
        .classifierPipeline()
        .selectivePrediction()
        .flatMap(SelectivePrediction::sets)
        .map(sets -> List.copyOf(sets.coverages()))
        .orElse(List.of());
  }

  /** The rows' metrics with the model as it was. */
  public EvaluationResult before() {
    return before;
  }

  /**
   * The rows' metrics with the calibrated model. Since it is these rows that it was fitted to,
   * those of other rows are a little worse.
   */
  public EvaluationResult after() {
    return after;
  }
}
