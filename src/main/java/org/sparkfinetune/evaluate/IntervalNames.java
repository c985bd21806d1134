package org.sparkfinetune.evaluate;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;

/** What the ends of intervals are called beside their metrics. */
public final class IntervalNames {
  private static final String LOW = "_ci_low";
  private static final String HIGH = "_ci_high";

  private IntervalNames() {}

  /** Whether a name is that of an end of an interval. */
  public static boolean isEnd(String name) {
    return name.endsWith(LOW) || name.endsWith(HIGH);
  }

  /** Metrics by name, and behind each the ends of its interval where it has one. */
  static Map<String, Double> named(
      String prefix, Map<Metric, Double> metrics, Map<Metric, Interval> intervals) {
    return named(metric -> prefix + metric.key(), metrics, intervals);
  }

  /** As the other, with any names. */
  static Map<String, Double> named(
      Function<Metric, String> names,
      Map<Metric, Double> metrics,
      Map<Metric, Interval> intervals) {
    Map<String, Double> map = new LinkedHashMap<>();
    metrics.forEach(
        (metric, value) -> {
          String name = names.apply(metric);
          map.put(name, value);
          Interval interval = intervals.get(metric);
          if (interval != null) {
            map.put(name + LOW, interval.low());
            map.put(name + HIGH, interval.high());
          }
        });
    return map;
  }
}
