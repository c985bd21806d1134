package org.sparkfinetune.collective;

import java.util.List;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/** Gradients as their weights carry them. */
final class Gradients {
  private Gradients() {}

  /** The gradient of each weight; zeros, which it then carries, where it had none. */
  static List<Tensor> of(List<Tensor> weights) {
    for (Tensor weight : weights) {
      if (!weight.mutable_grad().defined()) {
        weight.mutable_grad().put(torch.zeros_like(weight));
      }
    }
    return weights.stream().map(Tensor::mutable_grad).toList();
  }
}
