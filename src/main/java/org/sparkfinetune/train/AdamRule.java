package org.sparkfinetune.train;

import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.sparkfinetune.torch.AtenOperator;

/**
 * Adam (Kingma and Ba, 2014), with its weight decay in the gradient or decoupled from it (AdamW,
 * Loshchilov and Hutter, 2017), by libtorch's fused kernels: {@code torch.optim.Adam(fused=True)}
 * and {@code torch.optim.AdamW(fused=True)}.
 *
 * <p>For a gradient {@code g} at step {@code t}, from 1:
 *
 * <pre>
 *   AdamW:  w = w (1 - lr decay)          Adam:  g = g + decay w
 *
 *   m = beta1 m + (1 - beta1) g
 *   v = beta2 v + (1 - beta2) g^2
 *   w = w - lr / (1 - beta1^t) m / (sqrt(v) / sqrt(1 - beta2^t) + eps)
 * </pre>
 *
 * <p>A kernel reads and writes each of them once a step; the same in single tensor operations takes
 * three times as long. The bindings' {@code AdamW} is no way to it: its {@code betas()} lie in
 * memory in the reverse order.
 */
final class AdamRule implements UpdateRule {
  private static final AtenOperator FUSED_ADAMW = AtenOperator.find("aten::_fused_adamw_", "");
  private static final AtenOperator FUSED_ADAM = AtenOperator.find("aten::_fused_adam_", "");
  private static final String MEAN = "exp_avg";
  private static final String MEAN_SQUARE = "exp_avg_sq";

  private final double beta1;
  private final double beta2;
  private final double epsilon;
  private final boolean decoupled;
  private final boolean leavesUntouchedRows;

  /** The rule with the arguments' {@code adam_beta1}, {@code adam_beta2}, {@code adam_epsilon}. */
  AdamRule(OptimizerArguments arguments, boolean decoupled) {
    beta1 = arguments.adamBeta1();
    beta2 = arguments.adamBeta2();
    epsilon = arguments.adamEpsilon();
    this.decoupled = decoupled;
    leavesUntouchedRows = decoupled || arguments.weightDecay() == 0;
  }

  @Override
  public Map<String, Tensor> newState(Tensor weight) {
    return UpdateRule.zeros(weight, MEAN, MEAN_SQUARE);
  }

  @Override
  public void apply(GroupStep step) {
    AtenOperator kernel = decoupled ? FUSED_ADAMW : FUSED_ADAM;
    kernel.callInPlace(
        step.weights(),
        step.gradients(),
        step.state(MEAN),
        step.state(MEAN_SQUARE),
        List.of(),
        step.steps(),
        step.learningRate(),
        beta1,
        beta2,
        step.decay(),
        epsilon,
        false,
        false,
        step.gradientDivisor(),
        null);
  }

  @Override
  public boolean leavesUntouchedRows() {
    return leavesUntouchedRows;
  }
}
