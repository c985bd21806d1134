package org.sparkfinetune.train;

import java.io.Serializable;
import java.util.List;
import java.util.Map;
import org.sparkfinetune.UserException;
import org.sparkfinetune.config.Key;
import org.sparkfinetune.evaluate.MetricDirection;
import org.sparkfinetune.model.ProblemType;

/** When a training is evaluated and what follows from it; part of {@link TrainingArguments}. */
public record EvaluationArguments(
    @Key(
            doc =
                "When to evaluate: no, epoch (after each), or steps (every eval_steps); with the"
                    + " latter two also at the end.",
            defaultValue = "epoch")
        IntervalStrategy evalStrategy,
    @Key(doc = "Steps between two evaluations.", defaultValue = "500", min = 1) int evalSteps,
    @Key(
            doc =
                "Which metric tells the best evaluation: accuracy, f1 (macro), f1_weighted or"
                    + " loss; for multi-label f1_micro, f1_macro, f1_weighted, f1_samples, accuracy"
                    + " (of whole label sets), hamming_loss or loss; auto is accuracy, for"
                    + " multi-label f1_micro.",
            defaultValue = "auto",
            choices = {
              "auto",
              "accuracy",
              "f1",
              "f1_micro",
              "f1_macro",
              "f1_weighted",
              "f1_samples",
              "hamming_loss",
              "loss"
            })
        String metricForBestModel,
    @Key(
            doc = "Whether more of that metric is better; auto: yes, but for a loss.",
            defaultValue = "auto",
            choices = {"auto", "true", "false"})
        String greaterIsBetter,
    @Key(
            doc =
                "Whether the weights of the best evaluation are kept; otherwise those of the last"
                    + " step are.",
            defaultValue = "true")
        boolean loadBestModelAtEnd,
    @Key(
            doc =
                "Evaluations without a better metric after which training stops; 0 never stops it.",
            defaultValue = "0",
            min = 0)
        int earlyStoppingPatience,
    @Key(
            doc = "By how much the metric has to be better to count as such for early stopping.",
            defaultValue = "0.0",
            min = 0)
        double earlyStoppingThreshold)
    implements Serializable {
  private static final Map<ProblemType, List<String>> METRICS =
      Map.of(
          ProblemType.SINGLE_LABEL_CLASSIFICATION,
          List.of("accuracy", "f1", "f1_weighted", "loss"),
          ProblemType.MULTI_LABEL_CLASSIFICATION,
          List.of(
              "f1_micro",
              "f1_macro",
              "f1_weighted",
              "f1_samples",
              "accuracy",
              "hamming_loss",
              "loss"));

  /**
   * The metric that picks the best epoch of a model.
   *
   * @throws UserException when {@code metric_for_best_model} is none of the problem type's
   */
  public String metricForBestModel(ProblemType problemType) {
    List<String> metrics = METRICS.get(problemType);
    if (metricForBestModel.equals("auto")) {
      return metrics.get(0);
    }
    if (!metrics.contains(metricForBestModel)) {
      throw new UserException(
          "training.metric_for_best_model="
              + metricForBestModel
              + " is no metric of "
              + problemType.spelling()
              + ": expected auto or one of "
              + String.join(", ", metrics));
    }
    return metricForBestModel;
  }

  /** Whether more of {@code metric} is better. */
  public boolean greaterIsBetter(String metric) {
    return greaterIsBetter.equals("auto")
        ? MetricDirection.of(metric) > 0
        : Boolean.parseBoolean(greaterIsBetter);
  }
}
