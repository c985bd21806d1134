package org.sparkfinetune.model;

/** Turns token ids into one vector a token. */
interface Encoder {
  /**
   * The vectors of a batch's tokens, {@code [rows, length, hidden]}; those of padding mean nothing.
   */
  <T> T forward(TensorOps<T> ops, Tokens<T> tokens);

  /**
   * Whether rows may follow one another as one row: tokens see each other, and where they stand, by
   * {@link TensorOps#selfAttention}, {@link TensorOps#positions} and {@link
   * TensorOps#cumulativeSum} alone.
   */
  default boolean takesUnpadded() {
    return false;
  }
}
