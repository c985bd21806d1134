package org.sparkfinetune.tune.sampler;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.sparkfinetune.tune.CategoricalDistribution;
import org.sparkfinetune.tune.Direction;
import org.sparkfinetune.tune.Distribution;
import org.sparkfinetune.tune.FloatDistribution;
import org.sparkfinetune.tune.FrozenTrial;
import org.sparkfinetune.tune.History;
import org.sparkfinetune.tune.IntDistribution;
import org.sparkfinetune.tune.Sampler;
import org.sparkfinetune.tune.SearchSpace;
import org.sparkfinetune.tune.SearchSpace.Condition;
import org.sparkfinetune.tune.SearchSpace.Parameter;
import org.sparkfinetune.tune.TrialState;

/** Search spaces and what has been tried in them, for tests of samplers. */
final class Histories {
  static final History EMPTY = new History(List.of(Direction.MINIMIZE), List.of());

  private Histories() {}

  static Parameter parameter(String name, Distribution distribution) {
    return new Parameter(name, distribution, Optional.empty());
  }

  static Parameter parameter(String name, Distribution distribution, String other, Object... of) {
    return new Parameter(name, distribution, Optional.of(new Condition(other, List.of(of))));
  }

  static Distribution choices(Object... of) {
    return new CategoricalDistribution(List.of(of));
  }

  /** Of every kind, with a condition on a condition; all of it countable. */
  static SearchSpace countable() {
    return new SearchSpace(
        List.of(
            parameter("optimizer", choices("adamw", "sgd", "lion")),
            parameter("rate", new FloatDistribution(0.1, 0.5, false, 0.1)),
            parameter("nesterov", choices(true, false), "optimizer", "sgd"),
            parameter("momentum", new FloatDistribution(0, 0.9, false, 0.3), "nesterov", true),
            parameter("layers", new IntDistribution(2, 11, false, 4), "optimizer", "adamw", "lion"),
            parameter("epochs", new IntDistribution(3, 3, false, 1))));
  }

  /** The same with what cannot be counted, or is spread in logarithms. */
  static SearchSpace wide() {
    List<Parameter> parameters = new ArrayList<>(countable().parameters());
    parameters.add(parameter("learning_rate", new FloatDistribution(1e-6, 1e-2, true, 0)));
    parameters.add(parameter("dropout", new FloatDistribution(-0.5, 0.5, false, 0)));
    parameters.add(parameter("batch", new IntDistribution(1, 256, true, 1), "nesterov", false));
    return new SearchSpace(parameters);
  }

  /** Trials as a sampler asks for them: the odd-numbered in a state, the others complete. */
  static History history(Sampler sampler, SearchSpace space, int trials, TrialState odd) {
    History history = EMPTY;
    for (int number = 0; number < trials; number++) {
      Map<String, Object> params = sampler.sample(history, space, number);
      history =
          and(history, trial(space, number, params, number % 2 == 1 ? odd : TrialState.COMPLETE));
    }
    return history;
  }

  static FrozenTrial trial(
      SearchSpace space, int number, Map<String, Object> params, TrialState state) {
    FrozenTrial trial = FrozenTrial.waiting(number, params, space.distributions(params));
    if (state == TrialState.WAITING) {
      return trial;
    }
    double value = Math.sin(params.hashCode());
    trial = trial.started(0, 1).reported(1 + number % 3, value);
    return state == TrialState.RUNNING
        ? trial
        : trial.finished(
            state, state == TrialState.COMPLETE ? List.of(value) : List.of(), List.of(), 2, "");
  }

  static History and(History history, FrozenTrial trial) {
    List<FrozenTrial> trials = new ArrayList<>(history.trials());
    trials.add(trial);
    return new History(history.directions(), trials);
  }
}
