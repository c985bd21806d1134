package io.sparkfinetune.distributed;

import io.sparkfinetune.model.ModelArguments;
import io.sparkfinetune.train.TrainingArguments;
import io.sparkfinetune.train.TrainingProgress;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/** Runs the training loop on executors, as a barrier stage. */
public final class DistributedTrainer {
  private DistributedTrainer() {}

  /**
   * Trains on executors and waits for the end.
   *
   * @param train columns {@code input_ids} (array of int) and {@code label} (int)
   * @param validation the same columns, or empty to keep the last weights
   * @param labels the label names, by index
   * @param progress called on the driver, every few seconds, from a thread of its own
   */
  public static TrainedModel train(
      Dataset<Row> train,
      Optional<Dataset<Row>> validation,
      List<String> labels,
      ModelArguments model,
      TrainingArguments training,
      Consumer<TrainingProgress> progress) {
    throw new UnsupportedOperationException();
  }
}
