package org.sparkfinetune.train;

import java.util.List;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.sparkfinetune.torch.AtenOperator;

/**
 * Lion (Chen et al., 2023, algorithm 2): steps of one length, in the direction of the sign of a
 * mean of gradients. A good learning rate is three to ten times smaller than AdamW's, and the decay
 * as much larger.
 *
 * <pre>
 *   w = w (1 - lr decay)
 *   w = w - lr sign(beta1 m + (1 - beta1) g)
 *   m = beta2 m + (1 - beta2) g
 * </pre>
 *
 * <p>With {@code d = g - m} the new mean is {@code m + (1 - beta2) d} and what the sign is taken of
 * is that plus {@code (beta2 - beta1) d}: all of it happens in the gradient's memory.
 */
final class LionRule implements UpdateRule {
  private static final AtenOperator MULTIPLY = AtenOperator.find("aten::_foreach_mul_", "Scalar");
  private static final AtenOperator ADD = AtenOperator.find("aten::_foreach_add_", "List");
  private static final AtenOperator SIGN = AtenOperator.find("aten::_foreach_sign_", "");
  private static final String MEAN = "exp_avg";

  private final double beta1;
  private final double beta2;

  /** The rule with the arguments' {@code adam_beta1} and {@code adam_beta2}. */
  LionRule(OptimizerArguments arguments) {
    beta1 = arguments.adamBeta1();
    beta2 = arguments.adamBeta2();
  }

  @Override
  public Map<String, Tensor> newState(Tensor weight) {
    return UpdateRule.zeros(weight, MEAN);
  }

  @Override
  public void apply(GroupStep step) {
    List<Tensor> weights = step.weights();
    List<Tensor> means = step.state(MEAN);
    List<Tensor> difference = step.scaledGradients();
    ADD.callInPlace(difference, means, -1.0);
    ADD.callInPlace(means, difference, 1 - beta2);
    MULTIPLY.callInPlace(difference, beta2 - beta1);
    ADD.callInPlace(difference, means, 1.0);
    SIGN.callInPlace(difference);
    if (step.decay() > 0) {
      MULTIPLY.callInPlace(weights, 1 - step.learningRate() * step.decay());
    }
    ADD.callInPlace(weights, difference, -step.learningRate());
  }

  @Override
  public boolean leavesUntouchedRows() {
    return true;
  }
}
