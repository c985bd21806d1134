package org.sparkfinetune.train;

import java.util.LinkedHashMap;
import java.util.Map;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;

/**
 * How an optimizer changes weights. Has settings and no state; {@link GroupedOptimizer} owns it.
 */
interface UpdateRule {
  /** The state of a weight before its first step, by the names of its parts, in a fixed order. */
  Map<String, Tensor> newState(Tensor weight);

  /**
   * Changes the weights of a group, and their state, in place. The gradients' memory may be used
   * for something else. Runs in a {@code PointerScope}, without autograd.
   */
  void apply(GroupStep step);

  /** See {@link Optimizer#leavesUntouchedRows}. */
  boolean leavesUntouchedRows();

  /** Parts of the state that are of the weight's shape and start at zero. */
  static Map<String, Tensor> zeros(Tensor weight, String... names) {
    Map<String, Tensor> state = new LinkedHashMap<>();
    for (String name : names) {
      state.put(name, torch.zeros_like(weight).requires_grad_(false));
    }
    return state;
  }
}
