package io.sparkfinetune.model;

import org.bytedeco.pytorch.Tensor;

/** {@code y = x W^T + b}, with {@code weight: [out, in]} and {@code bias: [out]}. */
final class Linear {
  final Tensor weight;
  final Tensor bias;

  Linear(ParameterSet.Scope scope, long in, long out) {
    weight = scope.parameter("weight", ParameterSet.Init.NORMAL, out, in);
    bias = scope.parameter("bias", ParameterSet.Init.ZEROS, out);
  }

  Tensor forward(ForwardPass pass, Tensor x) {
    return pass.linear(x, weight, bias);
  }
}
