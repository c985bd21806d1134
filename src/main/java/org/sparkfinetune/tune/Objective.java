package org.sparkfinetune.tune;

import java.util.List;
import java.util.Map;
import org.sparkfinetune.PublicApi;

/** What a trial does: it tries a setting and says how good it is. */
@PublicApi
@FunctionalInterface
public interface Objective {
  /**
   * What came of a trial.
   *
   * @param values one for each of the study's objectives
   * @param constraints how far each of the study's constraints is from being met; at most 0 where
   *     it is
   * @param metrics whatever else was measured, by name, for the record
   */
  record Result(List<Double> values, List<Double> constraints, Map<String, Double> metrics) {
    /** Copies what it is given. */
    public Result {
      values = List.copyOf(values);
      constraints = List.copyOf(constraints);
      metrics = Map.copyOf(metrics);
    }

    /** Of a study of one objective, without constraints. */
    public static Result of(double value) {
      return new Result(List.of(value), List.of(), Map.of());
    }
  }

  /**
   * Tries a setting. Called from several threads at once, one a trial.
   *
   * @throws Exception what keeps this setting from being tried; the study goes on with others
   */
  Result evaluate(Trial trial) throws Exception;
}
