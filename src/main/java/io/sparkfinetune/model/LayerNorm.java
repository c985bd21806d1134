package io.sparkfinetune.model;

import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;

/** Layer normalisation over the last dimension (Ba, Kiros and Hinton, 2016). */
final class LayerNorm {
  private final Tensor weight;
  private final Tensor bias;
  private final long[] shape;
  private final double eps;

  LayerNorm(ParameterSet.Scope scope, long size, double eps) {
    weight = scope.parameter("weight", ParameterSet.Init.ONES, size);
    bias = scope.parameter("bias", ParameterSet.Init.ZEROS, size);
    shape = new long[] {size};
    this.eps = eps;
  }

  /** Statistics are taken in fp32 whatever the type of {@code x}; the result has that type. */
  Tensor forward(Tensor x) {
    return torch.layer_norm(
        x, shape, new TensorOptional(weight), new TensorOptional(bias), eps, true);
  }
}
