package org.sparkfinetune.tune.sampler;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.sparkfinetune.PublicApi;
import org.sparkfinetune.UserException;
import org.sparkfinetune.tune.Distribution;
import org.sparkfinetune.tune.FrozenTrial;
import org.sparkfinetune.tune.History;
import org.sparkfinetune.tune.Sampler;
import org.sparkfinetune.tune.SearchSpace;
import org.sparkfinetune.tune.SearchSpace.Parameter;

/**
 * The first setting of the space that no other trial has, the last parameter changing first; where
 * there is none left it begins anew.
 *
 * <p>A parameter whose condition does not hold multiplies nothing. Each depends on one other at
 * most, so that the space is a forest: a parameter has as many settings as its values have with
 * those below them.
 */
@PublicApi
public record GridSampler() implements Sampler {
  @Override
  public Map<String, Object> sample(History history, SearchSpace space, int number) {
    Set<Map<String, Object>> taken =
        history.trials().stream()
            .filter(trial -> trial.number() != number)
            .map(FrozenTrial::params)
            .collect(Collectors.toSet());
    int size = size(space);
    for (int n = 0; n < size; n++) {
      Map<String, Object> setting = setting(space, n);
      if (!taken.contains(setting)) {
        return setting;
      }
    }
    return setting(space, number % size);
  }

  private static Map<String, Object> setting(SearchSpace space, int n) {
    Map<String, Object> chosen = new HashMap<>();
    choose(space, roots(space), n, chosen);
    return space.draw((name, distribution) -> chosen.get(name));
  }

  /**
   * The number of settings.
   *
   * @throws UserException when a parameter has no countable values, or there are too many settings
   */
  @Override
  public int size(SearchSpace space) {
    try {
      return Math.toIntExact(product(space, roots(space)));
    } catch (ArithmeticException e) {
      throw new UserException(
          "the grid has more than "
              + Integer.MAX_VALUE
              + " settings: give its parameters fewer values or larger steps, or take another"
              + " sampler",
          e);
    }
  }

  /** Sets the parameters, and those below them, to their n-th setting of all. */
  private static void choose(
      SearchSpace space, List<Parameter> parameters, long n, Map<String, Object> chosen) {
    long left = n;
    for (int i = parameters.size() - 1; i >= 0; i--) {
      long settings = settings(space, parameters.get(i));
      choose(space, parameters.get(i), left % settings, chosen);
      left /= settings;
    }
  }

  private static void choose(
      SearchSpace space, Parameter parameter, long n, Map<String, Object> chosen) {
    if (!hasChildren(space, parameter)) {
      chosen.put(parameter.name(), Quantiles.nth(parameter.distribution(), n));
      return;
    }
    long left = n;
    for (Map.Entry<Object, Long> value : below(space, parameter).entrySet()) {
      if (left < value.getValue()) {
        chosen.put(parameter.name(), value.getKey());
        choose(space, children(space, parameter, value.getKey()), left, chosen);
        return;
      }
      left -= value.getValue();
    }
    throw new IllegalArgumentException(parameter.name() + " has no setting " + n);
  }

  private static long product(SearchSpace space, List<Parameter> parameters) {
    long product = 1;
    for (Parameter parameter : parameters) {
      product = Math.multiplyExact(product, settings(space, parameter));
      // A long has room for what an int has not: said before values are listed one by one.
      Math.toIntExact(product);
    }
    return product;
  }

  private static long settings(SearchSpace space, Parameter parameter) {
    long count = count(parameter);
    Math.toIntExact(count);
    return hasChildren(space, parameter)
        ? below(space, parameter).values().stream().reduce(0L, Math::addExact)
        : count;
  }

  /** For each value of a parameter, the settings of those that are there with it. */
  private static Map<Object, Long> below(SearchSpace space, Parameter parameter) {
    Map<Object, Long> below = new LinkedHashMap<>();
    for (Object value : parameter.distribution().values()) {
      below.put(value, product(space, children(space, parameter, value)));
    }
    return below;
  }

  private static long count(Parameter parameter) {
    Distribution distribution = parameter.distribution();
    try {
      return Quantiles.count(distribution);
    } catch (UserException e) {
      throw new UserException(parameter.name() + ": in a grid, " + e.getMessage(), e);
    }
  }

  private static List<Parameter> roots(SearchSpace space) {
    return space.parameters().stream().filter(p -> p.condition().isEmpty()).toList();
  }

  private static boolean hasChildren(SearchSpace space, Parameter parent) {
    return space.parameters().stream()
        .flatMap(p -> p.condition().stream())
        .anyMatch(condition -> condition.parameter().equals(parent.name()));
  }

  private static List<Parameter> children(SearchSpace space, Parameter parent, Object value) {
    return space.parameters().stream()
        .filter(
            p ->
                p.condition().isPresent()
                    && p.condition().get().parameter().equals(parent.name())
                    && p.condition().get().values().contains(value))
        .toList();
  }
}
