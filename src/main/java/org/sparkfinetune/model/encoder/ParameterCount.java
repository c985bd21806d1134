package org.sparkfinetune.model.encoder;

/**
 * How many numbers a part of a model consists of.
 *
 * @param part {@code embeddings}, {@code layer 1} and so on, or {@code head}
 * @param trainable those that training changes, adapters among them
 * @param frozen those that it does not
 */
public record ParameterCount(String part, long trainable, long frozen) {
  /** Both together. */
  public long total() {
    return trainable + frozen;
  }
}
