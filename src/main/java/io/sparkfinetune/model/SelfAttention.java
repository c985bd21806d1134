package io.sparkfinetune.model;

import org.bytedeco.pytorch.DoubleOptional;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Multi-head self-attention (Vaswani et al., 2017), without the output projection. */
final class SelfAttention {
  private final Linear query;
  private final Linear key;
  private final Linear value;
  private final int heads;
  private final double dropout;

  /**
   * Declares the projections {@code query}, {@code key} and {@code value}.
   *
   * @param hidden the model's width; a multiple of {@code heads}
   * @param dropout the probability with which an attention weight is dropped
   */
  SelfAttention(ParameterSet.Scope scope, int hidden, int heads, double dropout) {
    query = new Linear(scope.child("query"), hidden, hidden);
    key = new Linear(scope.child("key"), hidden, hidden);
    value = new Linear(scope.child("value"), hidden, hidden);
    this.heads = heads;
    this.dropout = dropout;
  }

  /**
   * Mixes the tokens of each row.
   *
   * @param x {@code [rows, length, hidden]}
   * @param bias added to the scores, {@code [rows, 1, 1, length]}; may be null
   * @return {@code [rows, length, hidden]}
   */
  Tensor forward(ForwardPass pass, Tensor x, Tensor bias) {
    long rows = x.size(0);
    long length = x.size(1);
    long hidden = x.size(2);
    // One product for all three projections: fewer, larger kernels.
    Tensor projected =
        pass.linear(
            x,
            torch.cat(new TensorVector(query.weight, key.weight, value.weight), 0),
            torch.cat(new TensorVector(query.bias, key.bias, value.bias), 0));
    // [rows, length, 3, heads, size] -> [3, rows, heads, length, size]
    Tensor split = projected.view(rows, length, 3, heads, hidden / heads).permute(2, 0, 3, 1, 4);
    Tensor context = attend(pass, split.select(0, 0), split.select(0, 1), split.select(0, 2), bias);
    return context.transpose(1, 2).reshape(rows, length, hidden);
  }

  /**
   * {@code softmax(q k^T / sqrt(size) + bias) v}. In fp32 without dropout libtorch's fused kernel
   * is the fastest; in bf16 on a CPU the fused kernel's backward pass takes over ten times as long
   * as three plain operations, and with dropout it falls back to them anyway.
   */
  private Tensor attend(ForwardPass pass, Tensor q, Tensor k, Tensor v, Tensor bias) {
    boolean drops = pass.dropout() != null && dropout > 0;
    if (pass.dtype() == ScalarType.Float && !drops) {
      TensorOptional mask = bias == null ? new TensorOptional() : new TensorOptional(bias);
      return torch.scaled_dot_product_attention(
          q, k, v, mask, 0, false, new DoubleOptional(), false);
    }
    // Scaling q rather than the scores touches fewer elements.
    Tensor scores = torch.matmul(q.mul(new Scalar(1 / Math.sqrt(q.size(3)))), k.transpose(2, 3));
    if (bias != null) {
      scores = scores.add(bias);
    }
    return torch.matmul(pass.dropout(torch.softmax(scores, -1), dropout), v);
  }
}
