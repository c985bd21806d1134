package org.sparkfinetune.model.encoder;

import org.sparkfinetune.model.compute.TensorOps;

/**
 * A layer of BERT's kind: self-attention, and what follows it.
 *
 * @param attention without its output projection
 * @param output which, and the feed-forward network
 */
record PostNormLayer(SelfAttention attention, PostNormOutput output) {
  /**
   * The layer's output, {@code [rows, length, hidden]}.
   *
   * @param x its input, {@code [rows, length, hidden]}
   * @param bias added to attention scores; may be null
   */
  <T> T forward(TensorOps<T> ops, T x, T bias) {
    return output.forward(ops, x, attention.forward(ops, x, bias));
  }
}
