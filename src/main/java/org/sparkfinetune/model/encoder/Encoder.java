package org.sparkfinetune.model.encoder;

import org.sparkfinetune.model.compute.TensorOps;
import org.sparkfinetune.model.compute.Tokens;

/** Turns token ids into one vector a token. */
public interface Encoder {
  /**
   * The embeddings of a batch's tokens, {@code [rows, length, width]}, in the arithmetic of the
   * pass: what transformers' module {@code embeddings} of the family gives, norm and dropout
   * included.
   */
  <T> T embed(TensorOps<T> ops, Tokens<T> tokens);

  /**
   * The last hidden states of a batch's tokens, {@code [rows, length, hidden]}; those of padding
   * mean nothing.
   *
   * @param embeddings of {@link #embed}'s shape and type; they need not be the tokens' own
   * @param tokens for where each token stands and what is padding; which tokens they are is not
   *     looked at
   */
  <T> T encode(TensorOps<T> ops, T embeddings, Tokens<T> tokens);

  /** Both: the last hidden states, {@code [rows, length, hidden]}. */
  default <T> T forward(TensorOps<T> ops, Tokens<T> tokens) {
    return encode(ops, embed(ops, tokens), tokens);
  }

  /**
   * Whether rows may follow one another as one row: tokens see each other, and where they stand, by
   * {@link TensorOps#selfAttention}, {@link TensorOps#positions} and {@link
   * TensorOps#cumulativeSum} alone.
   */
  default boolean takesUnpadded() {
    return false;
  }
}
