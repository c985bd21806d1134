package org.sparkfinetune.tune;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.SortedMap;
import java.util.TreeMap;
import org.sparkfinetune.PublicApi;

/**
 * One setting that a study tries, as it stands at a moment.
 *
 * @param number from 0, in the order in which trials were asked for
 * @param params values by name; a parameter whose condition does not hold is missing
 * @param distributions what each of {@code params} was drawn from
 * @param values of the objectives, once complete
 * @param intermediateValues of the first objective, by step
 * @param constraints at most 0 where they are met; empty without constraints, or not yet measured
 * @param start when it began, in milliseconds since 1970; 0 before
 * @param end when it was finished, likewise; 0 before
 * @param slot which of the study's places it runs, or ran, in, from 0; -1 before
 * @param reason why it failed, was pruned, or has to run again; empty for none
 */
@PublicApi
public record FrozenTrial(
    int number,
    TrialState state,
    Map<String, Object> params,
    Map<String, Distribution> distributions,
    List<Double> values,
    SortedMap<Integer, Double> intermediateValues,
    List<Double> constraints,
    long start,
    long end,
    int slot,
    String reason) {
  /** Copies what it is given. */
  public FrozenTrial {
    params = Collections.unmodifiableMap(new LinkedHashMap<>(params));
    distributions = Collections.unmodifiableMap(new LinkedHashMap<>(distributions));
    values = List.copyOf(values);
    intermediateValues = Collections.unmodifiableSortedMap(new TreeMap<>(intermediateValues));
    constraints = List.copyOf(constraints);
  }

  /** A trial that has not begun. */
  public static FrozenTrial waiting(
      int number, Map<String, Object> params, Map<String, Distribution> distributions) {
    return new FrozenTrial(
        number,
        TrialState.WAITING,
        params,
        distributions,
        List.of(),
        new TreeMap<>(),
        List.of(),
        0,
        0,
        -1,
        "");
  }

  /** The value of the only, or first, objective. */
  public double value() {
    return values.get(0);
  }

  /** The newest step that has a value. */
  public OptionalInt lastStep() {
    return intermediateValues.isEmpty()
        ? OptionalInt.empty()
        : OptionalInt.of(intermediateValues.lastKey());
  }

  /** How far the constraints are from being met, all together; 0 where they are. */
  public double violation() {
    return constraints.stream().mapToDouble(c -> Math.max(0, c)).sum();
  }

  /** The same trial, begun. */
  public FrozenTrial started(int inSlot, long time) {
    return new FrozenTrial(
        number,
        TrialState.RUNNING,
        params,
        distributions,
        values,
        intermediateValues,
        constraints,
        time,
        0,
        inSlot,
        "");
  }

  /** The same trial with one more intermediate value. */
  public FrozenTrial reported(int step, double value) {
    SortedMap<Integer, Double> more = new TreeMap<>(intermediateValues);
    more.put(step, value);
    return new FrozenTrial(
        number, state, params, distributions, values, more, constraints, start, end, slot, reason);
  }

  /** The same trial, finished. */
  public FrozenTrial finished(
      TrialState as, List<Double> results, List<Double> measured, long time, String why) {
    return new FrozenTrial(
        number,
        as,
        params,
        distributions,
        results,
        intermediateValues,
        measured,
        start,
        time,
        slot,
        why);
  }
}
