package io.sparkfinetune.train;

/** Hears of a training while it runs, on the training's own thread. */
@FunctionalInterface
public interface TrainerListener {
  /**
   * Called after each step and each evaluation. Must return quickly. What it throws ends the
   * training.
   */
  void onProgress(TrainingProgress progress);
}
