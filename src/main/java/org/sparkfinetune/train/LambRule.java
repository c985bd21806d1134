package org.sparkfinetune.train;

import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * LAMB (You et al., 2019, algorithm 2), for large batches: a step of Adam, made as long in
 * proportion to each weight's norm. As timm's {@code Lamb} without its clipping of the gradient's
 * norm: with bias correction, without a bound on the ratio. Biases and norms, which are the weights
 * of one dimension, have a ratio of 1, as in the paper's own code and in timm's.
 *
 * <p>For a gradient {@code g} at step {@code t}, from 1:
 *
 * <pre>
 *   m = beta1 m + (1 - beta1) g
 *   v = beta2 v + (1 - beta2) g^2
 *   u = m / (1 - beta1^t) / (sqrt(v) / sqrt(1 - beta2^t) + eps) + decay w
 *   w = w - lr |w| / |u| u                 (a ratio of 1 where either norm is 0)
 * </pre>
 */
final class LambRule implements UpdateRule {
  private static final String MEAN = "exp_avg";
  private static final String MEAN_SQUARE = "exp_avg_sq";

  private final double beta1;
  private final double beta2;
  private final double epsilon;

  /** The rule with the arguments' {@code adam_beta1}, {@code adam_beta2}, {@code adam_epsilon}. */
  LambRule(OptimizerArguments arguments) {
    beta1 = arguments.adamBeta1();
    beta2 = arguments.adamBeta2();
    epsilon = arguments.adamEpsilon();
  }

  @Override
  public Map<String, Tensor> newState(Tensor weight) {
    return UpdateRule.zeros(weight, MEAN, MEAN_SQUARE);
  }

  @Override
  public void apply(GroupStep step) {
    List<Tensor> gradients = step.scaledGradients();
    for (int i = 0; i < gradients.size(); i++) {
      Map<String, Tensor> state = step.states().get(i);
      // What one weight needs in between is freed before the next one's is taken.
      try (PointerScope scope = new PointerScope()) {
        apply(
            step, step.weights().get(i), gradients.get(i), state.get(MEAN), state.get(MEAN_SQUARE));
      }
    }
  }

  private void apply(
      GroupStep step, Tensor weight, Tensor gradient, Tensor mean, Tensor meanSquare) {
    mean.lerp_(gradient, new Scalar(1 - beta1));
    meanSquare.mul_(new Scalar(beta2)).addcmul_(gradient, gradient, new Scalar(1 - beta2));
    // Both corrections are one factor on the update, which goes into the numbers that the update
    // is multiplied with anyway: passes over all of a weight's memory are what this costs.
    double correction2 = Math.sqrt(1 - Math.pow(beta2, step.step()));
    double scale = correction2 / (1 - Math.pow(beta1, step.step()));
    Tensor update = mean.div(meanSquare.sqrt().add_(new Scalar(epsilon * correction2)));
    if (step.decay() > 0) {
      update.add_(weight, new Scalar(step.decay() / scale));
    }
    Scalar length = new Scalar(-step.learningRate() * scale);
    if (weight.dim() > 1) {
      Tensor updateNorm = update.norm().mul_(new Scalar(scale));
      weight.addcmul_(update, trustRatio(weight.norm(), updateNorm), length);
    } else {
      weight.add_(update, length);
    }
  }

  /** Stays a tensor: a number would have to be waited for, where a GPU computes it. */
  private static Tensor trustRatio(Tensor weightNorm, Tensor updateNorm) {
    Scalar zero = new Scalar(0);
    Tensor bothPositive = weightNorm.gt(zero).logical_and(updateNorm.gt(zero));
    return torch.where(bothPositive, weightNorm.div(updateNorm), new Scalar(1.0));
  }

  @Override
  public boolean leavesUntouchedRows() {
    return false;
  }
}
