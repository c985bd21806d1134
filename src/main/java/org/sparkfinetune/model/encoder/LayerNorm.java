package org.sparkfinetune.model.encoder;

import org.sparkfinetune.model.compute.Parameter;
import org.sparkfinetune.model.compute.TensorOps;

/** Layer normalization over the last dimension (Ba, Kiros and Hinton, 2016). */
final class LayerNorm {
  private final Parameter weight;
  private final Parameter bias;
  private final double eps;

  LayerNorm(ParameterSet.Scope scope, long size, double eps) {
    this(scope, size, eps, true);
  }

  LayerNorm(ParameterSet.Scope scope, long size, double eps, boolean hasBias) {
    weight = scope.parameter("weight", Parameter.Init.ONES, size);
    bias = hasBias ? scope.parameter("bias", Parameter.Init.ZEROS, size) : null;
    this.eps = eps;
  }

  /** Statistics are taken in fp32 whatever the type of {@code x}; the result has that type. */
  <T> T forward(TensorOps<T> ops, T x) {
    return ops.layerNorm(x, ops.weight(weight), bias == null ? null : ops.weight(bias), eps);
  }
}
