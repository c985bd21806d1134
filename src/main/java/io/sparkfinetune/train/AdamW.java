package io.sparkfinetune.train;

import io.sparkfinetune.model.ParameterSet;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Adam with decoupled weight decay (Loshchilov and Hutter, 2017), with the operations of PyTorch's
 * {@code torch.optim.AdamW} in their order, so that the results are the same. Biases and norms,
 * which are the weights of one dimension, do not decay.
 *
 * <p>For a gradient {@code g} at step {@code t}, from 1:
 *
 * <pre>
 *   w = w (1 - lr decay)
 *   m = beta1 m + (1 - beta1) g
 *   v = beta2 v + (1 - beta2) g^2
 *   w = w - lr / (1 - beta1^t) m / (sqrt(v) / sqrt(1 - beta2^t) + eps)
 * </pre>
 */
final class AdamW implements Optimizer {
  private final List<Moments> moments = new ArrayList<>();
  private final double beta1;
  private final double beta2;
  private final double epsilon;
  private int step;

  /**
   * A weight with its running means; the weight stays the model's, the means are the optimizer's.
   */
  private record Moments(Tensor weight, double decay, Tensor mean, Tensor meanSquare) {}

  AdamW(ParameterSet parameters, TrainingArguments arguments) {
    beta1 = arguments.adamBeta1();
    beta2 = arguments.adamBeta2();
    epsilon = arguments.adamEpsilon();
    try (PointerScope scope = new PointerScope();
        NoGradGuard guard = new NoGradGuard()) {
      for (Tensor weight : parameters.tensors().values()) {
        double decay = weight.dim() > 1 ? arguments.weightDecay() : 0;
        moments.add(new Moments(weight, decay, zeros(weight), zeros(weight)));
      }
    }
  }

  private static Tensor zeros(Tensor like) {
    Tensor zeros = torch.zeros_like(like);
    zeros.retainReference();
    return zeros;
  }

  @Override
  public void step(double learningRate) {
    step++;
    double stepSize = learningRate / (1 - Math.pow(beta1, step));
    double correction = Math.sqrt(1 - Math.pow(beta2, step));
    try (NoGradGuard guard = new NoGradGuard()) {
      for (Moments of : moments) {
        try (PointerScope scope = new PointerScope()) {
          update(of, learningRate, stepSize, correction);
        }
      }
    }
  }

  private void update(Moments of, double learningRate, double stepSize, double correction) {
    Tensor gradient = of.weight().mutable_grad();
    if (!gradient.defined()) {
      return;
    }
    if (of.decay() > 0) {
      of.weight().mul_(scalar(1 - learningRate * of.decay()));
    }
    of.mean().lerp_(gradient, new Scalar(1 - beta1));
    of.meanSquare().mul_(new Scalar(beta2)).addcmul_(gradient, gradient, new Scalar(1 - beta2));
    Tensor denominator =
        of.meanSquare().sqrt().div_(new Scalar(correction)).add_(new Scalar(epsilon));
    of.weight().addcdiv_(of.mean(), denominator, scalar(-stepSize));
    gradient.reset();
  }

  /**
   * libtorch throws on a factor that fp32 cannot hold. A learning rate that large is to diverge,
   * which the trainer reports, as any other that is too large.
   */
  private static Scalar scalar(double value) {
    return new Scalar(Math.max(-Float.MAX_VALUE, Math.min(Float.MAX_VALUE, value)));
  }

  @Override
  public void close() {
    for (Moments of : moments) {
      of.mean().close();
      of.meanSquare().close();
    }
    moments.clear();
  }
}
