package org.sparkfinetune.finetune;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.sparkfinetune.PublicApi;
import org.sparkfinetune.conformal.SelectivePrediction;
import org.sparkfinetune.model.LabelScaling;
import org.sparkfinetune.pipeline.ClassifierPipeline;

/** A calibrated classifier, and what it is worth. Immutable. */
@PublicApi
public final class CalibrationResult {
  private final TextClassifier classifier;
  private final EvaluationResult before;
  private final EvaluationResult after;

  CalibrationResult(TextClassifier classifier, EvaluationResult before, EvaluationResult after) {
    this.classifier = classifier;
    this.before = before;
    this.after = after;
  }

  /** The calibrated classifier. */
  public TextClassifier classifier() {
    return classifier;
  }

  /** What its trained logits are divided by: above 1 where it was too sure of itself. */
  public double temperature() {
    return classifier.classifierPipeline().temperature();
  }

  /**
   * By label, what its trained logit is multiplied with before {@link #intercepts} are added; empty
   * unless it was calibrated by {@code calibrate.method=platt}. It is 1 where the rows say nothing
   * of a label, since none or all have it.
   */
  public Map<String, Double> slopes() {
    return byLabel(LabelScaling::slopes);
  }

  /** By label, what is added to its logit; as {@link #slopes}. */
  public Map<String, Double> intercepts() {
    return byLabel(LabelScaling::intercepts);
  }

  private Map<String, Double> byLabel(Function<LabelScaling, List<Double>> numbers) {
    ClassifierPipeline pipeline = classifier.classifierPipeline();
    Map<String, Double> named = new LinkedHashMap<>();
    pipeline
        .labelScaling()
        .map(numbers)
        .ifPresent(
            values -> {
              for (int i = 0; i < values.size(); i++) {
                named.put(pipeline.labels().get(i), values.get(i));
              }
            });
    return named;
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
