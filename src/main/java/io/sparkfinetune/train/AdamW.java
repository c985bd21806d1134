package io.sparkfinetune.train;

import io.sparkfinetune.model.Parameter;
import io.sparkfinetune.model.ParameterSet;
import io.sparkfinetune.torch.AtenOperator;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * Adam with decoupled weight decay (Loshchilov and Hutter, 2017), by libtorch's fused kernel:
 * {@code torch.optim.AdamW(fused=True)}. Biases and norms, which are the weights of one dimension,
 * do not decay. Below the head, layer-wise learning-rate decay makes the rate of a weight of depth
 * {@code d} the head's times {@code layer_decay^(head's depth - d)}, as in BEiT and timm (and as
 * discriminative fine-tuning in Howard and Ruder, 2018). Frozen weights have no state.
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

  private final List<Group> groups;
  private final double beta1;
  private final double beta2;
  private final double epsilon;
  private int step;

  /** What sets groups apart; with one decay and one rate for all there are two. */
  private record Share(double decay, double rateFactor) {}

  /**
   * Weights of one decay and one share of the learning rate, and their running means; the weights
   * stay the model's.
   */
  private record Group(
      double decay,
      double rateFactor,
      List<Tensor> weights,
      List<Tensor> means,
      List<Tensor> meanSquares) {
    Group(Share share) {
      this(
          share.decay(),
          share.rateFactor(),
          new ArrayList<>(),
          new ArrayList<>(),
          new ArrayList<>());
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
    Map<Share, Group> byShare = new LinkedHashMap<>();
    int headDepth = parameters.headDepth();
    try (PointerScope scope = new PointerScope();
        NoGradGuard guard = new NoGradGuard()) {
      for (Parameter weight : parameters.trainable()) {
        double decay = weight.tensor().dim() > 1 ? arguments.weightDecay() : 0;
        double rateFactor = Math.pow(arguments.layerDecay(), headDepth - weight.depth());
        byShare.computeIfAbsent(new Share(decay, rateFactor), Group::new).add(weight.tensor());
      }
    }
    groups = List.copyOf(byShare.values());
  }

  @Override
  public void step(double learningRate, double gradientScale) {
    step++;
    for (Group group : groups) {
      update(group, learningRate * group.rateFactor(), gradientScale);
    }
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
    groups.forEach(Group::close);
  }
}
