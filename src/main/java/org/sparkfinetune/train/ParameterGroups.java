package org.sparkfinetune.train;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.sparkfinetune.model.compute.Parameter;
import org.sparkfinetune.model.encoder.ParameterSet;

/**
 * Which weights decay, and which learn at which share of the learning rate.
 *
 * <ul>
 *   <li>Biases and norms, which are the weights of one dimension, do not decay.
 *   <li>The head learns at {@code head_learning_rate}, which follows the schedule as all rates do.
 *   <li>Below the head, the rate of a weight of depth {@code d} is {@code learning_rate *
 *       layer_decay^(head's depth - d)}, as in BEiT and timm (and as discriminative fine-tuning in
 *       Howard and Ruder, 2018); the head's own rate does not matter to it.
 * </ul>
 */
final class ParameterGroups {
  /** What sets groups apart; with one rate for all there are at most two. */
  private record Share(double decay, double rateFactor) {}

  private ParameterGroups() {}

  /** Groups a model's trainable weights; frozen ones are in none. */
  static List<ParameterGroup> of(ParameterSet parameters, OptimizerArguments arguments) {
    return of(parameters.parameters(), parameters.headDepth(), arguments);
  }

  /**
   * Groups weights.
   *
   * @param headDepth the depth of the head's weights
   * @return the groups in the order of their first weights
   */
  static List<ParameterGroup> of(
      Collection<Parameter> parameters, int headDepth, OptimizerArguments arguments) {
    Map<Share, List<Parameter>> groups = new LinkedHashMap<>();
    for (Parameter parameter : parameters) {
      if (parameter.trainable()) {
        double decay = parameter.tensor().dim() > 1 ? arguments.weightDecay() : 0;
        Share share = new Share(decay, rateFactor(headDepth - parameter.depth(), arguments));
        groups.computeIfAbsent(share, key -> new ArrayList<>()).add(parameter);
      }
    }
    return groups.entrySet().stream()
        .map(
            group ->
                new ParameterGroup(
                    group.getKey().decay(),
                    group.getKey().rateFactor(),
                    List.copyOf(group.getValue())))
        .toList();
  }

  private static double rateFactor(int belowHead, OptimizerArguments arguments) {
    if (belowHead > 0) {
      return Math.pow(arguments.layerDecay(), belowHead);
    }
    // NaN is auto.
    return Double.isNaN(arguments.headLearningRate())
        ? 1
        : arguments.headLearningRate() / arguments.learningRate();
  }
}
