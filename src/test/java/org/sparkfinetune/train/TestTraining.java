package org.sparkfinetune.train;

import java.nio.file.Path;
import org.sparkfinetune.collective.SingleWorkerGroup;
import org.sparkfinetune.model.SequenceClassifier;

/** A training for the tests of other packages: tiny, with checkpoints. */
public final class TestTraining {
  private TestTraining() {}

  /**
   * Trains up to a step, from the newest checkpoint in the folder on where there is one.
   *
   * @return the loss
   */
  public static double resume(Path checkpoints, int steps) {
    TrainingArguments arguments =
        Trainings.arguments(
            "max_steps",
            steps,
            "per_device_train_batch_size",
            4,
            "eval_strategy",
            "steps",
            "eval_steps",
            2,
            "save_strategy",
            "steps",
            "save_steps",
            2,
            "checkpoint_dir",
            checkpoints.toString(),
            "resume",
            true);
    try (SequenceClassifier model = Trainings.model(0)) {
      return Trainings.train(
              model,
              arguments,
              SingleWorkerGroup.INSTANCE,
              TestRows.learnable(24, 4, 1),
              TestRows.learnable(8, 4, 2),
              progress -> {})
          .result()
          .metrics()
          .get("train_loss");
    }
  }
}
