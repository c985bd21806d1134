package io.sparkfinetune.tune;

import io.sparkfinetune.UserException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The parameters of a study, each after the one that it depends on.
 *
 * @param parameters in the order in which they are drawn
 */
public record SearchSpace(List<Parameter> parameters) {
  /**
   * A parameter.
   *
   * @param name the configuration key that it sets
   * @param condition when it is there at all; empty for always
   */
  public record Parameter(String name, Distribution distribution, Optional<Condition> condition) {
    /** Whether it is there beside those drawn before it. */
    boolean isActive(Map<String, Object> drawn) {
      return condition.isEmpty()
          || drawn.containsKey(condition.get().parameter())
              && condition.get().values().contains(drawn.get(condition.get().parameter()));
    }
  }

  /**
   * Holds where another parameter is there and has one of some values.
   *
   * @param parameter the name of the other
   */
  public record Condition(String parameter, List<Object> values) {}

  /** Draws a parameter's value. */
  @FunctionalInterface
  public interface Choice {
    /** One of the distribution's values. */
    Object of(String name, Distribution distribution);
  }

  /**
   * Puts the parameters in order.
   *
   * @throws UserException when a name is there twice, or a condition names none or leads to itself
   */
  public SearchSpace {
    List<Parameter> left = new ArrayList<>(parameters);
    List<Parameter> ordered = new ArrayList<>();
    Set<String> names = new LinkedHashSet<>();
    for (Parameter parameter : left) {
      if (!names.add(parameter.name())) {
        throw new UserException(parameter.name() + " is in the search space twice");
      }
    }
    Set<String> before = new LinkedHashSet<>();
    while (!left.isEmpty()) {
      List<Parameter> next =
          left.stream()
              .filter(
                  p -> p.condition().isEmpty() || before.contains(p.condition().get().parameter()))
              .toList();
      if (next.isEmpty()) {
        Parameter first = left.get(0);
        String other = first.condition().orElseThrow().parameter();
        throw new UserException(
            names.contains(other)
                ? first.name() + " depends on " + other + ", which in the end depends on it"
                : first.name() + " depends on " + other + ", which is not in the search space");
      }
      ordered.addAll(next);
      next.forEach(parameter -> before.add(parameter.name()));
      left.removeAll(next);
    }
    parameters = List.copyOf(ordered);
  }

  /** Without conditions. */
  public static SearchSpace of(Map<String, Distribution> distributions) {
    return new SearchSpace(
        distributions.entrySet().stream()
            .map(entry -> new Parameter(entry.getKey(), entry.getValue(), Optional.empty()))
            .toList());
  }

  /** Draws the parameters one after the other, but those whose condition does not hold. */
  public Map<String, Object> draw(Choice choice) {
    Map<String, Object> drawn = new LinkedHashMap<>();
    for (Parameter parameter : parameters) {
      if (parameter.isActive(drawn)) {
        drawn.put(parameter.name(), choice.of(parameter.name(), parameter.distribution()));
      }
    }
    return Collections.unmodifiableMap(drawn);
  }

  /** The distributions of those parameters that are in a draw. */
  public Map<String, Distribution> distributions(Map<String, Object> drawn) {
    Map<String, Distribution> distributions = new LinkedHashMap<>();
    for (Parameter parameter : parameters) {
      if (drawn.containsKey(parameter.name())) {
        distributions.put(parameter.name(), parameter.distribution());
      }
    }
    return Collections.unmodifiableMap(distributions);
  }

  /**
   * The same space with some parameters held to one value each, where they are there at all.
   *
   * @throws UserException when a name is not in the space, or a value is none of its values
   */
  public SearchSpace holding(Map<String, Object> values) {
    Map<String, Object> left = new LinkedHashMap<>(values);
    List<Parameter> held = new ArrayList<>();
    for (Parameter parameter : parameters) {
      Object value = left.remove(parameter.name());
      held.add(value == null ? parameter : held(parameter, value));
    }
    if (!left.isEmpty()) {
      throw new UserException(
          left.keySet().iterator().next() + " is not in the search space: " + names());
    }
    return new SearchSpace(held);
  }

  private static Parameter held(Parameter parameter, Object value) {
    if (!parameter.distribution().contains(value)) {
      throw new UserException(
          parameter.name()
              + "="
              + value
              + " is not in the search space: "
              + parameter.distribution());
    }
    // Of the same type: samplers that look at what was before find the like.
    Distribution distribution = parameter.distribution();
    double internal = distribution.toInternal(value);
    Distribution single =
        distribution instanceof FloatDistribution
            ? new FloatDistribution(internal, internal, false, 0)
            : distribution instanceof IntDistribution
                ? new IntDistribution((long) internal, (long) internal, false, 1)
                : new CategoricalDistribution(List.of(value));
    return new Parameter(parameter.name(), single, parameter.condition());
  }

  /** The names in their order. */
  public List<String> names() {
    return parameters.stream().map(Parameter::name).toList();
  }
}
