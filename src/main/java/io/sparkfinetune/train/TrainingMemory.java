package io.sparkfinetune.train;

import io.sparkfinetune.model.ActivationMemory;
import io.sparkfinetune.model.Parameter;
import io.sparkfinetune.model.SequenceClassifier;

/**
 * The native memory that a training takes at its height, in bytes by what fills it. The JVM, its
 * heap and the libraries come on top.
 *
 * <p>On minilm-l6, with batches of 16 x 96 tokens, the total was between 1 % below and 6 % above
 * the process's growth (all weights trained, the encoder frozen, three layers frozen, LoRA) when
 * the C library's allocator gives every block back ({@code MALLOC_MMAP_THRESHOLD_=65536}). With
 * that allocator's defaults, which leave gaps between blocks, the growth was 11 to 15 % more.
 *
 * @param weights all of the model's, fp32
 * @param gradients one for each trainable weight, fp32
 * @param moments AdamW's two for each trainable weight, fp32
 * @param bestWeights the copy of each trainable weight that the best evaluation leaves, fp32
 * @param activations what a step computes and keeps for its backward pass
 */
public record TrainingMemory(
    long weights, long gradients, long moments, long bestWeights, long activations) {

  /**
   * Adds up what a training would take; allocates nothing.
   *
   * @param model only its shapes are looked at, so an outline does
   * @param length tokens of the longest batch
   */
  public static TrainingMemory of(
      SequenceClassifier model, TrainingArguments arguments, int length) {
    long weights = 0;
    long trainable = 0;
    for (Parameter parameter : model.parameters().parameters()) {
      long bytes = parameter.tensor().numel() * Float.BYTES;
      weights += bytes;
      trainable += parameter.trainable() ? bytes : 0;
    }
    long activations =
        ActivationMemory.ofStep(
            model, arguments.precision().dtype(), arguments.perDeviceTrainBatchSize(), length);
    return new TrainingMemory(weights, trainable, 2 * trainable, trainable, activations);
  }

  /** All of it. */
  public long total() {
    return weights + gradients + moments + bestWeights + activations;
  }
}
