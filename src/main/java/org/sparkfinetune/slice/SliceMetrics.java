package org.sparkfinetune.slice;

import java.util.LinkedHashMap;
import java.util.Map;
import org.sparkfinetune.PublicApi;
import org.sparkfinetune.evaluate.IntervalNames;
import org.sparkfinetune.evaluate.Metrics;

/**
 * What the rows of a slice say of a classifier.
 *
 * @param slice which rows
 * @param rows how many
 * @param metrics by name, as {@code accuracy}, {@code f1} and {@code loss}, with the ends of their
 *     intervals behind those that have one, as {@code accuracy_ci_low} and {@code accuracy_ci_high}
 * @param differences the metrics less those of all rows, by name
 */
@PublicApi
public record SliceMetrics(
    Slice slice, long rows, Map<String, Double> metrics, Map<String, Double> differences) {
  private static final String SAMPLES = "samples";

  static SliceMetrics of(Slice slice, Metrics measured, Metrics all) {
    Map<String, Double> metrics = new LinkedHashMap<>(measured.toMap(""));
    metrics.remove(SAMPLES);
    Map<String, Double> ofAll = all.toMap("");
    Map<String, Double> differences = new LinkedHashMap<>();
    metrics.forEach(
        (name, value) -> {
          if (!IntervalNames.isEnd(name)) {
            differences.put(name, value - ofAll.get(name));
          }
        });
    return new SliceMetrics(slice, measured.n(), metrics, differences);
  }

  Map<String, Object> toMap() {
    Map<String, Object> map = slice.toMap();
    map.put("rows", rows);
    map.put("metrics", metrics);
    map.put("differences", differences);
    return map;
  }
}
