package org.sparkfinetune.train;

import java.util.Collection;
import org.sparkfinetune.UserException;
import org.sparkfinetune.model.SequenceClassifier;
import org.sparkfinetune.model.compute.ActivationMemory;
import org.sparkfinetune.model.compute.Parameter;

/**
 * The native memory that a training takes at its height, in bytes by what fills it. The JVM, its
 * heap and the libraries come on top.
 *
 * <p>Memory is at its height when a forward pass ends: the gradients of a step of one pass and one
 * worker come only as its activations go.
 *
 * <p>On minilm-l6, with batches of 16 x 96 tokens, the total was within 2 % of the process's growth
 * in fp32 and bf16 when the C library's allocator gives every block back ({@code
 * MALLOC_MMAP_THRESHOLD_=65536}). With that allocator's defaults, which leave gaps between blocks,
 * the growth is more.
 *
 * @param weights all of the model's, fp32
 * @param gradients one for each trainable weight, fp32
 * @param optimizerState what the optimizer keeps for each trainable weight, fp32
 * @param bestWeights the copy of each trainable weight that the best evaluation leaves, fp32
 * @param activations what a pass computes and keeps for its backward pass
 * @param gradientsStay whether gradients are there already when a forward pass ends: with several
 *     passes a step, and with several workers, which exchange them in buckets that stay
 */
public record TrainingMemory(
    long weights,
    long gradients,
    long optimizerState,
    long bestWeights,
    long activations,
    boolean gradientsStay) {

  /**
   * Adds up what a training would take; allocates nothing.
   *
   * @param model only its shapes are looked at, so one on the meta device does
   * @param length tokens of the longest batch
   * @param workers that train together
   */
  public static TrainingMemory of(
      SequenceClassifier model, TrainingArguments arguments, int length, int workers) {
    long weights = bytes(model.parameters().parameters());
    long trainable = bytes(model.parameters().trainable());
    // A trimmed vocabulary's whole table is kept beside it.
    weights += model.detachedSize() * Float.BYTES;
    long activations = activations(model, arguments, arguments.perDeviceTrainBatchSize(), length);
    return new TrainingMemory(
        weights,
        trainable,
        statesOf(arguments.optimizer()) * trainable,
        trainable,
        activations,
        workers > 1 || arguments.gradientAccumulationSteps() > 1);
  }

  private static long bytes(Collection<Parameter> parameters) {
    return parameters.stream().mapToLong(weight -> weight.tensor().numel() * Float.BYTES).sum();
  }

  /**
   * What a pass comes to need beside weights, the optimizer's state and the best weights.
   *
   * @param rows of the pass
   * @param length tokens of each
   * @param gradientsStay as of {@link #gradientsStay()}
   */
  static long ofPass(
      SequenceClassifier model,
      TrainingArguments arguments,
      int rows,
      int length,
      boolean gradientsStay) {
    long activations = activations(model, arguments, rows, length);
    return ofPass(bytes(model.parameters().trainable()), activations, gradientsStay);
  }

  private static long activations(
      SequenceClassifier model, TrainingArguments arguments, int rows, int length) {
    try {
      return ActivationMemory.ofStep(
          model::logits,
          model.attention(),
          arguments.precision().dtype(),
          rows,
          length,
          arguments.gradientCheckpointing());
    } catch (ArithmeticException e) {
      throw new UserException(
          "a pass over %,d rows of %,d tokens takes more memory than can be counted: check the sizes"
                  .formatted(rows, length)
              + " in config.json, training.per_device_train_batch_size and model.max_length",
          e);
    }
  }

  private static long ofPass(long gradients, long activations, boolean gradientsStay) {
    return gradientsStay ? gradients + activations : Math.max(gradients, activations);
  }

  /** How many numbers an optimizer keeps for each weight. */
  private static int statesOf(OptimizerArguments arguments) {
    return switch (arguments.optim()) {
      case ADAMW, ADAM, LAMB -> 2;
      case LION -> 1;
      case SGD -> arguments.momentum() > 0 ? 1 : 0;
      // A row and a column of a matrix.
      case ADAFACTOR -> 0;
    };
  }

  /** What there is of it at the height. */
  public long total() {
    return weights + optimizerState + bestWeights + ofPass(gradients, activations, gradientsStay);
  }
}
