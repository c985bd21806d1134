package io.sparkfinetune.model;

import org.bytedeco.pytorch.Tensor;

/** Turns token ids into one vector a token. */
interface Encoder {
  /**
   * The vectors of a batch's tokens, {@code [rows, length, hidden]}; those of padding mean nothing.
   */
  Tensor forward(ForwardPass pass, TokenTensors tokens);
}
