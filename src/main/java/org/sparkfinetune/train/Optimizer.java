package org.sparkfinetune.train;

import java.util.Map;
import java.util.function.Predicate;
import org.bytedeco.pytorch.Tensor;
import org.sparkfinetune.model.compute.Parameter;

/**
 * Changes weights by their gradients. Holds native memory until {@link #close}; for one thread.
 *
 * <p>To go on from a checkpoint, copy its tensors into those of {@link #state} of a new optimizer
 * of the same weights and arguments, and tell it by {@link #resumeAt} how many steps they have
 * seen: its next steps are then, bit for bit, those of the first one.
 */
interface Optimizer extends AutoCloseable {
  /**
   * Applies the gradients that the weights carry, and lets go of them; what is in their memory then
   * is undefined. A weight without a gradient stays as it is, and so does its state.
   *
   * @param learningRate the scheduled {@code learning_rate}; groups have their shares of it
   * @param gradientScale a factor on each gradient, as clipping gives it; 1 leaves them as they are
   */
  void step(double learningRate, double gradientScale);

  /**
   * The live tensors of the optimizer's state, fp32, on the devices of their weights, by the part's
   * and the weight's name, as in {@code exp_avg.classifier.weight}: in the order of groups, of
   * weights in a group, and of a weight's parts. Empty for an optimizer without state. They stay
   * the optimizer's; a loader copies into them.
   */
  Map<String, Tensor> state();

  /** Sets the state of some weights to zero. */
  void clear(Predicate<Parameter> weights);

  /** How many steps were done. */
  int steps();

  /**
   * Sets how many steps were done before the next one.
   *
   * @param steps 0 or more
   */
  void resumeAt(int steps);

  /**
   * Whether a row of a weight, whose gradient and state are zero in that row, is changed by a step
   * by nothing but a factor of {@code 1 - (its learning rate) * (its decay)}: the rows of tokens
   * that do not occur. What then remains of such a step can be made up for later.
   */
  boolean leavesUntouchedRows();

  @Override
  void close();
}
