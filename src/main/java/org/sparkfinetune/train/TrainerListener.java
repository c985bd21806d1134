package org.sparkfinetune.train;

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
}
