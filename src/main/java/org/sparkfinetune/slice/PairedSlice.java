package org.sparkfinetune.slice;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.sparkfinetune.PublicApi;
import org.sparkfinetune.evaluate.PairedMetrics;

/**
 * What the rows of a slice say of two classifiers. Differences are the first's figure less the
 * second's.
 *
 * @param slice which rows
 * @param rows how many
 * @param agreement the share of them, from 0 to 1, of which both predict the same
 * @param firstAccuracy the share of them that the first predicts exactly
 * @param secondAccuracy the same of the second
 * @param differences of metrics, with the ends of their paired bootstrap intervals, by name, as
 *     {@code accuracy_difference} and {@code accuracy_difference_ci_low}
 * @param bothRight rows whose labels both predict exactly
 * @param onlyFirstRight rows that the first alone gets right
 * @param onlySecondRight rows that the second alone gets right
 * @param bothWrong rows that neither gets right
 * @param pValue of McNemar's exact test on these rows alone
 * @param pValueAdjusted the same corrected for the tests of all slices, by Holm
 */
@PublicApi
public record PairedSlice(
    Slice slice,
    long rows,
    double agreement,
    double firstAccuracy,
    double secondAccuracy,
    Map<String, Double> differences,
    long bothRight,
    long onlyFirstRight,
    long onlySecondRight,
    long bothWrong,
    double pValue,
    double pValueAdjusted) {

  /** See {@link SliceFigures#paired}. */
  static List<PairedSlice> of(SlicePlan plan, List<PairedMetrics> metrics) {
    List<PairedMetrics> parts = metrics.subList(SlicePlan.ALL + 1, metrics.size());
    double[] adjusted = Holm.adjusted(parts.stream().mapToDouble(PairedMetrics::pValue).toArray());
    List<PairedSlice> slices = new ArrayList<>();
    for (int i = 0; i < adjusted.length; i++) {
      PairedMetrics of = parts.get(i);
      slices.add(
          new PairedSlice(
              plan.slices().get(SlicePlan.ALL + 1 + i),
              of.first().n(),
              of.agreement(),
              of.first().accuracy(),
              of.second().accuracy(),
              of.differences(),
              of.bothRight(),
              of.onlyFirstRight(),
              of.onlySecondRight(),
              of.bothWrong(),
              of.pValue(),
              adjusted[i]));
    }
    return slices;
  }

  /** All of it by name, for a file. */
  public Map<String, Object> toMap() {
    Map<String, Object> map = slice.toMap();
    map.put("rows", rows);
    map.put("agreement", agreement);
    map.put("first_accuracy", firstAccuracy);
    map.put("second_accuracy", secondAccuracy);
    map.put("both_right", bothRight);
    map.put("only_first_right", onlyFirstRight);
    map.put("only_second_right", onlySecondRight);
    map.put("both_wrong", bothWrong);
    map.put("p_value", pValue);
    map.put("p_value_adjusted", pValueAdjusted);
    map.putAll(differences);
    return map;
  }
}
