package org.sparkfinetune.model.encoder;

import org.sparkfinetune.model.compute.Activation;
import org.sparkfinetune.model.compute.TensorOps;

/**
 * What follows attention in a layer of BERT's kind: its output projection and the feed-forward
 * network, each with dropout, a residual connection and a norm behind it.
 *
 * @param attentionOutput from the heads' width to the model's
 * @param attentionDropout the probability of dropout after the attention's output projection
 * @param outputDropout the probability of dropout after the feed-forward network
 */
record PostNormOutput(
    Linear attentionOutput,
    LayerNorm attentionNorm,
    Linear intermediate,
    Activation activation,
    Linear output,
    LayerNorm outputNorm,
    double attentionDropout,
    double outputDropout) {
  /**
   * The layer's output.
   *
   * @param x its input, {@code [rows, length, hidden]}
   * @param context what attention made of it, {@code [rows, length, heads * size]}
   */
  <T> T forward(TensorOps<T> ops, T x, T context) {
    T mixed = attentionOutput.forward(ops, context);
    T attended = attentionNorm.forward(ops, ops.add(ops.dropout(mixed, attentionDropout), x));
    T inner = ops.activation(activation, intermediate.forward(ops, attended));
    T outer = output.forward(ops, inner);
    return outputNorm.forward(ops, ops.add(ops.dropout(outer, outputDropout), attended));
  }
}
