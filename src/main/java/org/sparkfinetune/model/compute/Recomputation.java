package org.sparkfinetune.model.compute;

import java.util.function.UnaryOperator;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.AutoGradMode;
import org.bytedeco.pytorch.BoolOptional;
import org.bytedeco.pytorch.Generator;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorArrayRefOptional;
import org.sparkfinetune.torch.CustomGradient;

/** Gradient checkpointing of one layer (Chen et al., 2016). */
final class Recomputation {
  private Recomputation() {}

  /**
   * Computes a layer and keeps its input alone; the backward pass computes it once more.
   *
   * @param layer from a tensor to one of the same shape and type
   * @param x requires a gradient
   * @param dropout what the layer draws from; null when it does not
   */
  static Tensor of(UnaryOperator<Tensor> layer, Tensor x, Generator dropout) {
    Tensor state = dropout == null ? null : dropout.get_state();
    // A node of autograd's with the shape of the result; its values are replaced. The product
    // gives its factor a gradient that nothing else sees.
    Tensor out =
        CustomGradient.viewOf(x, gradient -> backward(layer, x.detach(), dropout, state, gradient))
            .mul(new Scalar(1.0));
    try (PointerScope scope = new PointerScope();
        NoGradGuard guard = new NoGradGuard()) {
      // Of the same memory, but not followed by autograd.
      out.detach().copy_(layer.apply(x));
    }
    return out;
  }

  /**
   * Adds to the gradients of weights.
   *
   * @param gradient the result's, which {@code x}'s overwrites
   */
  private static void backward(
      UnaryOperator<Tensor> layer, Tensor x, Generator dropout, Tensor state, Tensor gradient) {
    Tensor now = dropout == null ? null : dropout.get_state();
    try {
      if (dropout != null) {
        dropout.set_state(state);
      }
      Tensor input = x.set_requires_grad(true);
      try (AutoGradMode enabled = new AutoGradMode(true)) {
        // What the layer uses besides its input may have a graph that other layers need, too.
        layer
            .apply(input)
            .backward(
                gradient.clone(), new BoolOptional(true), false, new TensorArrayRefOptional());
      }
      gradient.copy_(input.grad());
    } finally {
      if (dropout != null) {
        dropout.set_state(now);
      }
    }
  }
}
