package org.sparkfinetune.train;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.sparkfinetune.torch.AtenOperator;

/**
 * One step of those weights of a group that have a gradient.
 *
 * @param step the number of the step, from 1
 * @param learningRate the group's
 * @param decay the group's weight decay
 * @param gradientScale a factor that the gradients do not have in them yet
 * @param weights at least one
 * @param gradients of the weights
 * @param states of the weights, by the names of its parts
 */
record GroupStep(
    int step,
    double learningRate,
    double decay,
    double gradientScale,
    List<Tensor> weights,
    List<Tensor> gradients,
    List<Map<String, Tensor>> states) {
  private static final AtenOperator MULTIPLY = AtenOperator.find("aten::_foreach_mul_", "Scalar");

  /** A part of the weights' state. */
  List<Tensor> state(String name) {
    return states.stream().map(state -> state.get(name)).toList();
  }

  /** The gradients, multiplied in place by their scale. To be called once a step. */
  List<Tensor> scaledGradients() {
    if (gradientScale != 1) {
      MULTIPLY.callInPlace(gradients, gradientScale);
    }
    return gradients;
  }

  /** What libtorch's fused kernels divide gradients by; null where that is 1. */
  Tensor gradientDivisor() {
    return gradientScale == 1 ? null : scalar(1 / gradientScale);
  }

  /** The number of the step once for each weight, as libtorch's fused kernels take it. */
  List<Tensor> steps() {
    return Collections.nCopies(weights.size(), scalar(step));
  }

  /** On the weights' device: the kernels of another would not find it. */
  private Tensor scalar(double value) {
    return torch.full(new long[0], new Scalar(value), new TensorOptions(weights.get(0).device()));
  }
}
