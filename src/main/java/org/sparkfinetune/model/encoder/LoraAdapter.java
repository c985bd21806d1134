package org.sparkfinetune.model.encoder;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.sparkfinetune.model.compute.Parameter;
import org.sparkfinetune.model.compute.TensorOps;

/**
 * What LoRA adds to a linear layer: {@code scaling B A dropout(x)}.
 *
 * @param a {@code [rank, in]}
 * @param b {@code [out, rank]}, zero at the start, so that training starts from the layer as it is
 * @param dropout the probability of dropout before {@code a}
 */
public record LoraAdapter(Parameter a, Parameter b, double scaling, double dropout) {
  /** {@code [..., in]} to what is added to the layer's output, {@code [..., out]}. */
  <T> T forward(TensorOps<T> ops, T x) {
    T low = ops.linear(ops.dropout(x, dropout), ops.weight(a), null);
    // The rank is small: scaling costs least here.
    return ops.linear(ops.scale(low, scaling), ops.weight(b), null);
  }

  /** The layer's weight with the adapter in it: a new tensor in the caller's scope. */
  public Tensor merged(Tensor weight) {
    return torch.matmul(b.tensor(), a.tensor()).mul_(new Scalar(scaling)).add_(weight);
  }
}
