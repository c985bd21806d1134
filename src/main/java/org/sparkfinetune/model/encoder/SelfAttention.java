package org.sparkfinetune.model.encoder;

import org.sparkfinetune.UserException;
import org.sparkfinetune.model.compute.TensorOps;

/** Multi-head self-attention (Vaswani et al., 2017), without the output projection. */
final class SelfAttention {
  private final Linear query;
  private final Linear key;
  private final Linear value;
  private final int heads;
  private final int size;
  private final double dropout;

  /**
   * Takes the three projections, each from the model's width to {@code hidden}.
   *
   * @param hidden the width of all heads together; a multiple of {@code heads}
   * @param dropout the probability with which an attention weight is dropped
   */
  SelfAttention(Linear query, Linear key, Linear value, int hidden, int heads, double dropout) {
    this.query = query;
    this.key = key;
    this.value = value;
    this.heads = heads;
    this.size = headSize(hidden, heads);
    this.dropout = dropout;
  }

  /**
   * The width of one head.
   *
   * @throws UserException when heads do not divide the width
   */
  static int headSize(int hidden, int heads) {
    if (hidden % heads != 0) {
      throw new UserException(
          "config.json: the hidden size "
              + hidden
              + " is no multiple of the number of attention heads, "
              + heads);
    }
    return hidden / heads;
  }

  /**
   * Mixes the tokens of each row.
   *
   * @param x {@code [rows, length, hidden]}
   * @param bias added to the scores, broadcast to {@code [rows, heads, length, length]}; may be
   *     null
   * @return {@code [rows, length, hidden]}
   */
  <T> T forward(TensorOps<T> ops, T x, T bias) {
    T projected = Linear.sideBySide(ops, x, query, key, value);
    return ops.selfAttention(projected, heads, size, bias, 1 / Math.sqrt(size), dropout);
  }
}
