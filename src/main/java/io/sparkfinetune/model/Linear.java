package io.sparkfinetune.model;

import java.util.Arrays;
import java.util.function.Function;

/** {@code y = x W^T + b}, with {@code weight: [out, in]} and {@code bias: [out]}. */
final class Linear {
  private final Parameter weight;
  private final Parameter bias;

  Linear(ParameterSet.Scope scope, long in, long out) {
    this(scope, in, out, true);
  }

  Linear(ParameterSet.Scope scope, long in, long out, boolean hasBias) {
    weight = scope.parameter("weight", Parameter.Init.NORMAL, out, in);
    bias = hasBias ? scope.parameter("bias", Parameter.Init.ZEROS, out) : null;
  }

  /** {@code [..., in]} to {@code [..., out]}, in the arithmetic of the pass. */
  <T> T forward(TensorOps<T> ops, T x) {
    return ops.linear(x, ops.weight(weight), bias == null ? null : ops.weight(bias));
  }

  /** {@code [..., in]} to {@code [..., out]}, in fp32. */
  <T> T forwardFp32(TensorOps<T> ops, T x) {
    T product = ops.matmul(x, ops.permute(ops.weight(weight), 1, 0));
    return bias == null ? product : ops.add(product, ops.weight(bias));
  }

  /**
   * Several layers of one input as a single product, which needs fewer and larger kernels: {@code
   * [..., in]} to their outputs side by side, {@code [..., out + out + ...]}. All have a bias.
   */
  static <T> T sideBySide(TensorOps<T> ops, T x, Linear... layers) {
    return ops.linear(
        x, stacked(ops, layers, layer -> layer.weight), stacked(ops, layers, layer -> layer.bias));
  }

  private static <T> T stacked(
      TensorOps<T> ops, Linear[] layers, Function<Linear, Parameter> part) {
    return ops.concat(0, Arrays.stream(layers).map(part).map(ops::weight).toList());
  }
}
