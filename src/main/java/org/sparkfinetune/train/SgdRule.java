package org.sparkfinetune.train;

import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.sparkfinetune.torch.AtenOperator;

/**
 * Stochastic gradient descent with momentum, by libtorch's fused kernel: {@code
 * torch.optim.SGD(fused=True)}.
 *
 * <pre>
 *   g = g + decay w
 *   b = momentum b + g
 *   w = w - lr b
 * </pre>
 *
 * <p>PyTorch's first {@code b} is {@code g}, which is what one of zeros gives.
 */
final class SgdRule implements UpdateRule {
  private static final AtenOperator FUSED_SGD = AtenOperator.find("aten::_fused_sgd_", "");
  private static final String MOMENTUM = "momentum_buffer";

  private final double momentum;
  private final boolean decays;

  /**
   * The rule.
   *
   * @param momentum 0 has no state
   * @param decays whether any weight decays
   */
  SgdRule(double momentum, boolean decays) {
    this.momentum = momentum;
    this.decays = decays;
  }

  @Override
  public Map<String, Tensor> newState(Tensor weight) {
    return momentum == 0 ? Map.of() : UpdateRule.zeros(weight, MOMENTUM);
  }

  @Override
  public void apply(GroupStep step) {
    FUSED_SGD.callInPlace(
        step.weights(),
        step.gradients(),
        momentum == 0 ? List.of() : step.state(MOMENTUM),
        step.decay(),
        momentum,
        step.learningRate(),
        0.0,
        false,
        false,
        false,
        step.gradientDivisor(),
        null);
  }

  @Override
  public boolean leavesUntouchedRows() {
    return !decays;
  }
}
