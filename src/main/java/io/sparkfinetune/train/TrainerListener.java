package io.sparkfinetune.train;

import java.util.Map;

/**
 * Hears of a training while it runs, on the training's own thread: of each worker's, where there
 * are several. Must return quickly. What it throws ends the training.
 */
@FunctionalInterface
public interface TrainerListener {
  /** Called after each step and each evaluation. */
  void onProgress(TrainingProgress progress);

  /** Called before each batch of an evaluation, which may be long. */
  default void onPredictionStep() {}

  /** Called once, before the first step. */
  default void onTrainBegin(TrainingPlan plan) {}

  /**
   * Called with each entry of the log: {@code step}, {@code epoch}, and {@code loss}, {@code
   * grad_norm}, {@code learning_rate} or the {@code eval_} metrics.
   */
  default void onLog(Map<String, Double> entry) {}

  /** Called with the {@code eval_} metrics of each evaluation. */
  default void onEvaluate(int step, Map<String, Double> metrics) {}

  /** Called when a checkpoint has been written, in the worker that wrote it. */
  default void onSave(int step) {}

  /** Called once, when the training has ended and the model holds the weights to keep. */
  default void onTrainEnd(TrainingResult result) {}
}
