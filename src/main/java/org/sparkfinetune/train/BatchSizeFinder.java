package org.sparkfinetune.train;

import java.util.function.LongSupplier;
import org.sparkfinetune.UserException;
import org.sparkfinetune.model.SequenceClassifier;
import org.sparkfinetune.tokenize.BatchSampler;
import org.sparkfinetune.tokenize.EncodedDataset;

/**
 * How many rows a forward and backward pass has the memory for: {@code
 * per_device_train_batch_size}, halved until it fits. On a processor, where a system ends a process
 * that takes too much, by what the pass's activations and gradients are counted to take; on a GPU
 * by trying, with the longest rows there are.
 */
final class BatchSizeFinder {
  private final SequenceClassifier model;
  private final TrainingArguments arguments;
  private final BatchGradient gradient;
  private final ShardedRows rows;
  private final StepPlan plan;
  private final LongSupplier available;

  /**
   * Looks at a training that has all it needs but activations and gradients.
   *
   * @param available bytes of memory that are left for this worker, on a processor
   */
  BatchSizeFinder(
      SequenceClassifier model,
      TrainingArguments arguments,
      BatchGradient gradient,
      ShardedRows rows,
      StepPlan plan,
      LongSupplier available) {
    this.model = model;
    this.arguments = arguments;
    this.gradient = gradient;
    this.rows = rows;
    this.plan = plan;
    this.available = available;
  }

  /**
   * The largest size that fits this worker.
   *
   * @throws UserException when not even one row does
   */
  int find() {
    int size = arguments.perDeviceTrainBatchSize();
    while (!fits(size)) {
      if (size == 1) {
        throw new UserException(
            "memory does not suffice for one row of "
                + rows.longest()
                + " tokens: set a smaller model.max_length, training.gradient_checkpointing=true, or"
                + " more memory for a worker");
      }
      size /= 2;
    }
    return size;
  }

  private boolean fits(int size) {
    if (!model.device().is_cuda()) {
      boolean gradientsStay = plan.workers() > 1 || plan.inMicroBatchesOf(size).accumulation() > 1;
      long needed = TrainingMemory.ofPass(model, arguments, size, rows.longest(), gradientsStay);
      return needed <= available.getAsLong();
    }
    EncodedDataset shard = rows.shard();
    if (shard.size() == 0) {
      return true;
    }
    try {
      gradient.probe(shard, BatchSampler.evaluationBatches(shard, size).get(0));
      return true;
    } catch (RuntimeException e) {
      if (String.valueOf(e.getMessage()).contains("out of memory")) {
        return false;
      }
      throw e;
    } finally {
      model.parameters().dropGradients();
    }
  }
}
