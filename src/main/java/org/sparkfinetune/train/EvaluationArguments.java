package org.sparkfinetune.train;

import java.io.Serializable;
import java.util.List;
import java.util.stream.Collectors;
import org.sparkfinetune.UserException;
import org.sparkfinetune.config.Key;
import org.sparkfinetune.evaluate.Better;
import org.sparkfinetune.evaluate.Metric;
import org.sparkfinetune.task.ProblemType;

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
                "Which metric of an evaluation tells the best one, as in f1 or loss; auto is accuracy,"
                    + " for multi-label f1_micro. docs/metrics.md lists them, and so does --help.",
            defaultValue = "auto")
        String metricForBestModel,
    @Key(
            doc = "Whether more of that metric is better; auto: as it is of the metric's kind.",
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
                "Whether the logits of the weights kept are divided by the temperature of the least"
                    + " log loss of the validation rows, where that makes it less by more than one"
                    + " number fitted to as many rows does by itself; which labels are predicted"
                    + " stays as it is. Not done where model.threshold is set.",
            defaultValue = "true")
        boolean calibrate,
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
  private static final String AUTO = "auto";

  /**
   * The metric that picks the best epoch of a model.
   *
   * @throws UserException when {@code metric_for_best_model} is none of the problem type's
   */
  public Metric metricForBestModel(ProblemType problemType) {
    if (metricForBestModel.equals(AUTO)) {
      return Metric.ofBestModel(problemType);
    }
    List<Metric> metrics = Metric.ofPredictions(problemType);
    return metrics.stream()
        .filter(metric -> metric.key().equals(metricForBestModel))
        .findFirst()
        .orElseThrow(
            () ->
                new UserException(
                    "training.metric_for_best_model="
                        + metricForBestModel
                        + " is no metric of "
                        + problemType.spelling()
                        + ": expected auto or one of "
                        + metrics.stream().map(Metric::key).collect(Collectors.joining(", "))));
  }

  /** Whether more of {@code metric} is better. */
  public boolean greaterIsBetter(Metric metric) {
    return greaterIsBetter.equals(AUTO)
        ? metric.better() == Better.MORE
        : Boolean.parseBoolean(greaterIsBetter);
  }
}
