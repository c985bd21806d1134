package io.sparkfinetune.model;

/** Turns token ids into one vector a token. */
interface Encoder {
  /**
   * The vectors of a batch's tokens, {@code [rows, length, hidden]}; those of padding mean nothing.
   */
  <T> T forward(TensorOps<T> ops, Tokens<T> tokens);
}
