package org.sparkfinetune.train;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.sparkfinetune.model.compute.Parameter;

/** Takes an {@link UpdateRule} to groups of weights, and owns the state that the rule needs. */
final class GroupedOptimizer implements Optimizer {
  private final List<ParameterGroup> groups;
  private final UpdateRule rule;
  private final Map<Parameter, Map<String, Tensor>> states = new LinkedHashMap<>();
  private int steps;

  GroupedOptimizer(List<ParameterGroup> groups, UpdateRule rule) {
    this.groups = List.copyOf(groups);
    this.rule = rule;
    try (PointerScope scope = new PointerScope();
        NoGradGuard guard = new NoGradGuard()) {
      for (ParameterGroup group : groups) {
        for (Parameter parameter : group.parameters()) {
          Map<String, Tensor> state = rule.newState(parameter.tensor());
          // Only what is kept outlives the scope; if memory runs out in between, nothing does.
          states.put(parameter, state);
        }
      }
      states.values().forEach(state -> state.values().forEach(Tensor::retainReference));
    }
  }

  @Override
  public void step(double learningRate, double gradientScale) {
    steps++;
    for (ParameterGroup group : groups) {
      update(group, learningRate * group.rateFactor(), gradientScale);
    }
  }

  private void update(ParameterGroup group, double learningRate, double gradientScale) {
    try (PointerScope scope = new PointerScope();
        NoGradGuard guard = new NoGradGuard()) {
      List<Tensor> weights = new ArrayList<>();
      List<Tensor> gradients = new ArrayList<>();
      List<Map<String, Tensor>> withGradient = new ArrayList<>();
      for (Parameter parameter : group.parameters()) {
        Tensor gradient = parameter.tensor().mutable_grad();
        if (gradient.defined()) {
          weights.add(parameter.tensor());
          gradients.add(gradient);
          withGradient.add(states.get(parameter));
        }
      }
      if (!weights.isEmpty()) {
        rule.apply(
            new GroupStep(
                steps,
                learningRate,
                group.decay(),
                gradientScale,
                weights,
                gradients,
                withGradient));
        gradients.forEach(Tensor::reset);
      }
    }
  }

  @Override
  public Map<String, Tensor> state() {
    Map<String, Tensor> named = new LinkedHashMap<>();
    states.forEach(
        (parameter, state) ->
            state.forEach((part, tensor) -> named.put(part + "." + parameter.name(), tensor)));
    return named;
  }

  @Override
  public void clear(Predicate<Parameter> weights) {
    try (NoGradGuard guard = new NoGradGuard()) {
      states.forEach(
          (parameter, state) -> {
            if (weights.test(parameter)) {
              state.values().forEach(Tensor::zero_);
            }
          });
    }
  }

  @Override
  public int steps() {
    return steps;
  }

  @Override
  public void resumeAt(int newSteps) {
    steps = newSteps;
  }

  @Override
  public boolean leavesUntouchedRows() {
    return rule.leavesUntouchedRows();
  }

  @Override
  public void close() {
    states.values().forEach(state -> state.values().forEach(Tensor::close));
    states.clear();
  }
}
