package org.sparkfinetune.train;

import java.io.Serializable;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.sparkfinetune.PublicApi;
import org.sparkfinetune.evaluate.Metric;
import org.sparkfinetune.evaluate.Stage;
import org.sparkfinetune.model.LoadReport;

/**
 * What a training reports.
 *
 * @param metrics Hugging Face's names: {@code train_loss}, {@code train_runtime} (seconds), {@code
 *     train_samples_per_second}, {@code train_steps_per_second}, {@code epoch}, and, with a
 *     validation set, {@code eval_loss}, {@code eval_accuracy}, {@code eval_f1} (multi-label:
 *     {@code eval_f1_micro}, {@code eval_threshold}) of the weights kept as they were trained,
 *     {@code calibration_temperature}, which their logits are divided by, and {@code
 *     calibrated_loss}, the log loss with it
 * @param logHistory its reports, in order, with those from before a resumption
 * @param loaded what of its checkpoint the model did not take
 */
@PublicApi
public record TrainingResult(
    Map<String, Double> metrics, List<LogEntry> logHistory, LoadReport loaded)
    implements Serializable {
  /**
   * The threshold of the weights kept, as they were trained; empty for single-label models and
   * without evaluation.
   */
  public OptionalDouble threshold() {
    Double threshold = metrics.get(Metric.THRESHOLD.at(Stage.EVAL));
    return threshold == null ? OptionalDouble.empty() : OptionalDouble.of(threshold);
  }

  /** What the logits of the weights kept have been divided by at the end; 1 where nothing was. */
  public double temperature() {
    return metrics.getOrDefault(Metric.CALIBRATION_TEMPERATURE.at(Stage.STEP), 1.0);
  }
}
