package org.sparkfinetune.train;

import java.util.List;
import org.sparkfinetune.model.encoder.ParameterSet;

/** The optimizers, by what the arguments name. */
final class Optimizers {
  private Optimizers() {}

  /**
   * An optimizer over a model's trainable weights, grouped as {@link ParameterGroups} says. The
   * weights stay the model's.
   */
  static Optimizer create(ParameterSet parameters, OptimizerArguments arguments) {
    return create(ParameterGroups.of(parameters, arguments), arguments);
  }

  /** An optimizer over groups of weights. */
  static Optimizer create(List<ParameterGroup> groups, OptimizerArguments arguments) {
    return new GroupedOptimizer(groups, rule(arguments));
  }

  /** How it changes weights. */
  static UpdateRule rule(OptimizerArguments arguments) {
    return switch (arguments.optim()) {
      case ADAMW -> new AdamRule(arguments, true);
      case ADAM -> new AdamRule(arguments, false);
      case SGD -> new SgdRule(arguments.momentum(), arguments.weightDecay() > 0);
      case ADAFACTOR -> new AdafactorRule();
      case LAMB -> new LambRule(arguments);
      case LION -> new LionRule(arguments);
    };
  }
}
