package org.sparkfinetune.model.encoder;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;
import org.sparkfinetune.model.compute.Parameter;
import org.sparkfinetune.model.compute.TensorOps;

/**
 * {@code y = x W^T + b}, with {@code weight: [out, in]} and {@code bias: [out]}; plus what an
 * adapter adds, where there is one.
 */
final class Linear implements AdaptableLayer {
  private final String name;
  private final Parameter weight;
  private final Parameter bias;
  private final long out;
  private LoraAdapter adapter;

  Linear(ParameterSet.Scope scope, long in, long out) {
    this(scope, in, out, true);
  }

  Linear(ParameterSet.Scope scope, long in, long out, boolean hasBias) {
    this.out = out;
    weight = scope.parameter("weight", Parameter.Init.NORMAL, out, in);
    bias = hasBias ? scope.parameter("bias", Parameter.Init.ZEROS, out) : null;
    name = scope.register(this);
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public Parameter weight() {
    return weight;
  }

  @Override
  public LoraAdapter adapter() {
    return adapter;
  }

  @Override
  public void adapt(LoraAdapter added) {
    adapter = added;
  }

  /** {@code [..., in]} to {@code [..., out]}, in the arithmetic of the pass. */
  <T> T forward(TensorOps<T> ops, T x) {
    T product =
        ops.linear(
            x, ops.factors(List.of(weight)), bias == null ? null : ops.factors(List.of(bias)));
    return adapter == null ? product : ops.add(product, adapter.forward(ops, x));
  }

  /** {@code [..., in]} to {@code [..., out]}, in fp32; for heads, which have no adapters. */
  <T> T forwardFp32(TensorOps<T> ops, T x) {
    T product = ops.matmul(x, ops.permute(ops.weight(weight), 1, 0));
    return bias == null ? product : ops.add(product, ops.weight(bias));
  }

  /**
   * Several layers of one input as a single product, which needs fewer and larger kernels: {@code
   * [..., in]} to their outputs side by side, {@code [..., out + out + ...]}. All have a bias.
   */
  static <T> T sideBySide(TensorOps<T> ops, T x, Linear... layers) {
    T product =
        ops.linear(
            x,
            stacked(ops, layers, layer -> layer.weight),
            stacked(ops, layers, layer -> layer.bias));
    if (Arrays.stream(layers).allMatch(layer -> layer.adapter == null)) {
      return product;
    }
    List<T> outputs = new ArrayList<>();
    long start = 0;
    for (Linear layer : layers) {
      T output = ops.slice(product, -1, start, start + layer.out);
      outputs.add(layer.adapter == null ? output : ops.add(output, layer.adapter.forward(ops, x)));
      start += layer.out;
    }
    return ops.concat(-1, outputs);
  }

  private static <T> T stacked(
      TensorOps<T> ops, Linear[] layers, Function<Linear, Parameter> part) {
    return ops.factors(Arrays.stream(layers).map(part).toList());
  }
}
