package io.sparkfinetune.train;

import io.sparkfinetune.model.ParameterSet;
import io.sparkfinetune.torch.AtenOperator;
import java.util.ArrayList;
import java.util.List;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Adam with decoupled weight decay (Loshchilov and Hutter, 2017), by libtorch's fused kernel:
 * {@code torch.optim.AdamW(fused=True)}. Biases and norms, which are the weights of one dimension,
 * do not decay.
 *
 * <p>For a gradient {@code g} at step {@code t}, from 1:
 *
 * <pre>
 *   w = w (1 - lr decay)
 *   m = beta1 m + (1 - beta1) g
 *   v = beta2 v + (1 - beta2) g^2
 *   w = w - lr / (1 - beta1^t) m / (sqrt(v) / sqrt(1 - beta2^t) + eps)
 * </pre>
 *
 * <p>The kernel reads and writes each of them once a step; the same in single tensor operations
 * takes three times as long. It is not used by way of the bindings' {@code AdamW}, whose {@code
 * betas()} lie in memory in the reverse order.
 */
final class AdamW implements Optimizer {
  private static final AtenOperator FUSED_ADAMW = AtenOperator.find("aten::_fused_adamw_", "");

  private final Group decaying;
  private final Group others;
  private final double beta1;
  private final double beta2;
  private final double epsilon;
  private int step;

  /** Weights of one decay, and their running means; the weights stay the model's. */
  private record Group(
      double decay, List<Tensor> weights, List<Tensor> means, List<Tensor> meanSquares) {
    Group(double decay) {
      this(decay, new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
    }

    void add(Tensor weight) {
      weights.add(weight);
      means.add(zeros(weight));
      meanSquares.add(zeros(weight));
    }

    private static Tensor zeros(Tensor like) {
      Tensor zeros = torch.zeros_like(like);
      zeros.retainReference();
      return zeros;
    }

    void close() {
      means.forEach(Tensor::close);
      meanSquares.forEach(Tensor::close);
    }
  }

  AdamW(ParameterSet parameters, TrainingArguments arguments) {
    beta1 = arguments.adamBeta1();
    beta2 = arguments.adamBeta2();
    epsilon = arguments.adamEpsilon();
    decaying = new Group(arguments.weightDecay());
    others = new Group(0);
    try (PointerScope scope = new PointerScope();
        NoGradGuard guard = new NoGradGuard()) {
      for (Tensor weight : parameters.tensors().values()) {
        (weight.dim() > 1 ? decaying : others).add(weight);
      }
    }
  }

  @Override
  public void step(double learningRate, double gradientScale) {
    step++;
    update(decaying, learningRate, gradientScale);
    update(others, learningRate, gradientScale);
  }

  private void update(Group group, double learningRate, double gradientScale) {
    try (PointerScope scope = new PointerScope();
        NoGradGuard guard = new NoGradGuard()) {
      List<Tensor> weights = new ArrayList<>();
      List<Tensor> gradients = new ArrayList<>();
      List<Tensor> means = new ArrayList<>();
      List<Tensor> meanSquares = new ArrayList<>();
      List<Tensor> steps = new ArrayList<>();
      Tensor thisStep = scalar(step);
      for (int i = 0; i < group.weights().size(); i++) {
        Tensor gradient = group.weights().get(i).mutable_grad();
        if (gradient.defined()) {
          weights.add(group.weights().get(i));
          gradients.add(gradient);
          means.add(group.means().get(i));
          meanSquares.add(group.meanSquares().get(i));
          steps.add(thisStep);
        }
      }
      FUSED_ADAMW.callInPlace(
          weights,
          gradients,
          means,
          meanSquares,
          List.of(),
          steps,
          learningRate,
          beta1,
          beta2,
          group.decay(),
          epsilon,
          false,
          false,
          // The kernel divides gradients by this.
          gradientScale == 1 ? null : scalar(1 / gradientScale),
          null);
      gradients.forEach(Tensor::reset);
    }
  }

  private static Tensor scalar(double value) {
    return torch.full(new long[0], new Scalar(value));
  }

  @Override
  public void close() {
    decaying.close();
    others.close();
  }
}
