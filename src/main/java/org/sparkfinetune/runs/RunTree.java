package org.sparkfinetune.runs;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.sparkfinetune.UserException;
import org.sparkfinetune.evaluate.Better;
import org.sparkfinetune.evaluate.MetricName;
import org.sparkfinetune.report.RunSummary;
import org.sparkfinetune.text.Nearest;
import org.sparkfinetune.track.RunSnapshot;

/** Runs in an order, each one's children below it. */
final class RunTree {
  public static final String START = "start";
  static final String NAME = "name";

  /**
   * A run in its place.
   *
   * @param depth 0 for those that are no part of another that is listed
   */
  public record Entry(RunSnapshot run, int depth) {}

  private RunTree() {}

  /**
   * Sorts runs.
   *
   * @param by {@code start}, {@code name} or a metric; of an evaluation's metric that of the kept
   *     weights counts
   * @throws UserException when no run has the metric
   */
  public static List<Entry> sorted(List<RunSnapshot> runs, String by) {
    Map<String, RunSnapshot> byId =
        runs.stream().collect(Collectors.toMap(RunSnapshot::id, Function.identity(), (a, b) -> a));
    Map<String, List<RunSnapshot>> children =
        byId.values().stream()
            .sorted(order(runs, by))
            .collect(Collectors.groupingBy(run -> parent(run, byId)));
    List<Entry> entries = new ArrayList<>();
    add("", 0, children, entries);
    return entries;
  }

  /** The id of the run that it is a part of; empty where that is not listed, or is itself. */
  private static String parent(RunSnapshot run, Map<String, RunSnapshot> byId) {
    RunSnapshot above = run;
    // What a server says may go round in circles: a run that is above itself is above nothing.
    for (int depth = 0; depth <= byId.size(); depth++) {
      above = byId.get(above.parent());
      if (above == null) {
        return byId.containsKey(run.parent()) ? run.parent() : "";
      }
    }
    return "";
  }

  private static void add(
      String parent, int depth, Map<String, List<RunSnapshot>> children, List<Entry> entries) {
    for (RunSnapshot run : children.getOrDefault(parent, List.of())) {
      entries.add(new Entry(run, depth));
      if (!run.id().isEmpty()) {
        add(run.id(), depth + 1, children, entries);
      }
    }
  }

  private static Comparator<RunSnapshot> order(List<RunSnapshot> runs, String by) {
    Comparator<RunSnapshot> newest =
        Comparator.comparingLong(RunSnapshot::start).reversed().thenComparing(RunSnapshot::id);
    if (by.equals(START)) {
      return newest;
    } else if (by.equals(NAME)) {
      return Comparator.comparing(RunSummary::title).thenComparing(newest);
    }
    Set<String> known = new TreeSet<>(Set.of(START, NAME));
    runs.forEach(run -> known.addAll(run.metrics().keySet()));
    if (!runs.isEmpty() && !known.contains(by)) {
      throw new UserException(
          "sort_by="
              + by
              + ": no run has that metric; did you mean "
              + Nearest.of(by, known)
              + "?");
    }
    String metric = MetricName.ofKept(by, known);
    int sign = MetricName.better(metric) == Better.LESS ? 1 : -1;
    return Comparator.comparingDouble(
            (RunSnapshot run) -> {
              double value = RunSummary.headline(run, metric);
              return Double.isNaN(value) ? Double.POSITIVE_INFINITY : sign * value;
            })
        .thenComparing(newest);
  }
}
