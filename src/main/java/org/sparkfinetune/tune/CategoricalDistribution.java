package org.sparkfinetune.tune;

import java.util.HashSet;
import java.util.List;
import org.sparkfinetune.PublicApi;
import org.sparkfinetune.UserException;

/**
 * One of some values without an order.
 *
 * @param choices strings, numbers or booleans, each once
 */
@PublicApi
public record CategoricalDistribution(List<Object> choices) implements Distribution {
  /**
   * Checks the choices.
   *
   * @throws UserException when there is none, or one is there twice
   */
  public CategoricalDistribution {
    choices = List.copyOf(choices);
    if (choices.isEmpty()) {
      throw new UserException("no choices: expected at least one");
    }
    if (new HashSet<>(choices).size() < choices.size()) {
      throw new UserException("choices " + choices + ": expected each once");
    }
  }

  @Override
  public boolean isSingle() {
    return choices.size() == 1;
  }

  @Override
  public boolean contains(Object value) {
    return choices.contains(value);
  }

  @Override
  public double toInternal(Object value) {
    int index = choices.indexOf(value);
    if (index < 0) {
      throw new IllegalArgumentException(value + " is none of " + choices);
    }
    return index;
  }

  @Override
  public Object toExternal(double internal) {
    return choices.get((int) internal);
  }

  @Override
  public List<Object> values() {
    return choices;
  }

  /** As in the configuration. */
  @Override
  public String toString() {
    return choices.toString();
  }
}
