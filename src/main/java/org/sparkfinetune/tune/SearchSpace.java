package org.sparkfinetune.tune;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.sparkfinetune.PublicApi;
import org.sparkfinetune.UserException;

/**
 * The parameters of a study, each after the one that it depends on.
 *
 * @param parameters in the order in which they are drawn
 */
@PublicApi
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

  /** Whether a setting has a value of the space for each parameter that is there, and no other. */
  public boolean contains(Map<String, Object> setting) {
    Map<String, Object> known = new LinkedHashMap<>();
    for (Parameter parameter : parameters) {
      if (parameter.isActive(known)) {
        Object value = setting.get(parameter.name());
        if (value == null || !parameter.distribution().contains(value)) {
          return false;
        }
        known.put(parameter.name(), value);
      }
    }
    return known.size() == setting.size();
  }

  /**
   * The same space with some parameters held to one value each.
   *
   * @throws UserException when a name is not in the space, a value is none of its values, or a
   *     parameter's condition is not held as well
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
          "%s is not in the search space: expected one of %s"
              .formatted(left.keySet().iterator().next(), String.join(", ", names())));
    }
    held.stream().filter(p -> values.containsKey(p.name())).forEach(p -> checkIsThere(p, values));
    return new SearchSpace(held);
  }

  private static void checkIsThere(Parameter parameter, Map<String, Object> values) {
    if (!parameter.isActive(values)) {
      Condition condition = parameter.condition().orElseThrow();
      String allowed =
          condition.values().stream().map(String::valueOf).collect(Collectors.joining(" or "));
      throw new UserException(
          "%s=%s is there with %s=%s alone: give that as well"
              .formatted(
                  parameter.name(), values.get(parameter.name()), condition.parameter(), allowed));
    }
  }

  private static Parameter held(Parameter parameter, Object value) {
    Distribution distribution = parameter.distribution();
    if (!distribution.contains(value)) {
      throw new UserException(
          "%s=%s is not in the search space: expected a value of %s"
              .formatted(parameter.name(), value, distribution));
    }
    // Of the same type: samplers that look at what was before find the like.
    double internal = distribution.toInternal(value);
    Distribution single =
        distribution instanceof FloatDistribution
            ? single((double) distribution.toExternal(internal))
            : distribution instanceof IntDistribution
                ? new IntDistribution((long) internal, (long) internal, false, 1)
                : new CategoricalDistribution(List.of(value));
    return new Parameter(parameter.name(), single, parameter.condition());
  }

  private static Distribution single(double value) {
    return new FloatDistribution(value, value, false, 0);
  }

  /** The names in their order. */
  public List<String> names() {
    return parameters.stream().map(Parameter::name).toList();
  }
}
