package org.sparkfinetune.train;

import java.util.Collection;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorVector;
import org.bytedeco.pytorch.global.torch;
import org.sparkfinetune.model.compute.Parameter;

/** The length of the gradient, and what clipping makes of it. */
final class GradientNorm {
  /** PyTorch's, so that clipping a gradient of exactly the allowed norm is the same. */
  private static final double EPSILON = 1e-6;

  private GradientNorm() {}

  /** The 2-norm of all gradients together; 0 when there is none. */
  static double of(Collection<Parameter> weights) {
    try (PointerScope scope = new PointerScope();
        NoGradGuard guard = new NoGradGuard()) {
      TensorVector norms = new TensorVector();
      for (Parameter weight : weights) {
        Tensor gradient = weight.tensor().mutable_grad();
        if (gradient.defined()) {
          norms.push_back(gradient.norm(new Scalar(2.0)));
        }
      }
      return norms.empty() ? 0 : torch.stack(norms).norm(new Scalar(2.0)).item_double();
    }
  }

  /**
   * The factor by which {@code torch.nn.utils.clip_grad_norm_} would scale the gradients.
   *
   * @param maxNorm the largest norm allowed; 0 does not clip
   */
  static double clippingScale(double norm, double maxNorm) {
    return maxNorm > 0 ? Math.min(1, maxNorm / (norm + EPSILON)) : 1;
  }
}
