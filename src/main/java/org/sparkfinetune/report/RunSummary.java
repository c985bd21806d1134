package org.sparkfinetune.report;

import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.sparkfinetune.evaluate.MetricName;
import org.sparkfinetune.text.NumberFormat;
import org.sparkfinetune.track.RunSnapshot;
import org.sparkfinetune.track.RunSnapshot.Point;
import org.sparkfinetune.track.RunStatus;

/** What a run's record says besides its curves. */
public final class RunSummary {
  /** The tag of a run's description. */
  static final String NOTE = "mlflow.note.content";

  private static final String USER = "mlflow.user";

  /** Shown in the header. */
  private static final Set<String> HEADER_TAGS =
      Set.of(NOTE, USER, "mlflow.runName", "mlflow.parentRunId");

  private static final List<String> BASE = List.of("model.base", "base");

  private RunSummary() {}

  /** The run's name, or its id where it has none. */
  public static String title(RunSnapshot run) {
    return run.name().isBlank() ? run.id() : run.name();
  }

  /** The pretrained model that training started from; empty where no parameter says it. */
  public static String base(RunSnapshot run) {
    return BASE.stream().map(run.params()::get).filter(v -> v != null).findFirst().orElse("");
  }

  /** When the run was last heard of, in milliseconds since 1970. */
  public static long lastSign(RunSnapshot run) {
    long last =
        run.metrics().values().stream()
            .flatMap(List::stream)
            .mapToLong(Point::time)
            .max()
            .orElse(run.start());
    return run.end() > 0 ? run.end() : Math.max(last, run.start());
  }

  /** The best value of a metric of which it is known whether more is better. */
  public static Optional<Point> best(String metric, List<Point> points) {
    int direction = MetricName.better(metric).sign();
    return direction == 0
        ? Optional.empty()
        : points.stream()
            .filter(point -> Double.isFinite(point.value()))
            .max(Comparator.comparingDouble(point -> direction * point.value()));
  }

  /**
   * What stands for a metric of a run in a list: the newest value, or, of the kept weights where
   * the run has not told, as while it runs, the best one so far; NaN when there is none.
   */
  public static double headline(RunSnapshot run, String metric) {
    Optional<String> course = MetricName.course(metric);
    if (run.metrics().containsKey(metric) || course.isEmpty()) {
      return run.latest(metric);
    }
    List<Point> points = run.metrics().getOrDefault(course.get(), List.of());
    return best(course.get(), points).map(Point::value).orElseGet(() -> run.latest(course.get()));
  }

  /** Status in a color and in words. */
  static void badge(HtmlWriter out, RunStatus status) {
    String sign =
        switch (status) {
          case RUNNING -> "▶ running";
          case FINISHED -> "✓ finished";
          case FAILED -> "✗ failed";
          case KILLED -> "■ killed";
        };
    String kind = status.name().toLowerCase(Locale.ROOT);
    out.element("span", sign, "class", "badge " + kind);
  }

  /** Names and values for the header. */
  static Map<String, String> about(RunSnapshot run) {
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("started", NumberFormat.time(run.start(), ZoneOffset.UTC) + " UTC");
    boolean ended = run.end() > 0;
    facts.put(
        ended ? "took" : "last sign after", NumberFormat.duration(lastSign(run) - run.start()));
    put(facts, "base model", base(run));
    put(facts, "experiment", run.experiment());
    put(facts, "user", run.tags().getOrDefault(USER, ""));
    put(facts, "run", run.id());
    put(facts, "part of", run.parent());
    return facts;
  }

  /** The data sets. */
  static Table data(RunSnapshot run) {
    Table table = new Table("for", "name", "rows", "also", "digest", "source", "columns");
    run.inputs()
        .forEach(
            (context, data) -> {
              List<String> also = new ArrayList<>();
              new TreeMap<>(data.profile())
                  .forEach(
                      (name, value) -> {
                        if (!name.equals("num_rows")) {
                          also.add(name + " " + NumberFormat.grouped(value));
                        }
                      });
              List<String> columns = new ArrayList<>();
              data.schema().forEach((name, type) -> columns.add(name + " " + type));
              Long rows = data.profile().get("num_rows");
              table.row(
                  context,
                  data.name(),
                  rows == null ? "" : NumberFormat.grouped(rows),
                  String.join(", ", also),
                  data.digest(),
                  data.source(),
                  String.join(", ", columns));
            });
    return table;
  }

  /** The tags: versions, commit, command line, whatever the run was given. */
  static Table provenance(RunSnapshot run) {
    Table table = new Table();
    provenanceTags(run).forEach((name, value) -> table.row(name, value));
    return table;
  }

  /** The tags that say where a run comes from, without those that are shown elsewhere. */
  public static Map<String, String> provenanceTags(RunSnapshot run) {
    Map<String, String> tags = new TreeMap<>(run.tags());
    tags.keySet().removeAll(HEADER_TAGS);
    return tags;
  }

  /**
   * Whether a parameter has its default; numbers may be spelled differently.
   *
   * @param byDefault null where it is not known
   */
  public static boolean isDefault(String value, String byDefault) {
    if (byDefault == null || byDefault.equals(value)) {
      return byDefault != null;
    }
    try {
      return Double.parseDouble(value) == Double.parseDouble(byDefault);
    } catch (NumberFormatException e) {
      return false;
    }
  }

  /** The artifacts. */
  static Table artifacts(RunSnapshot run) {
    Table table = new Table("file", "size").numbers(1);
    new TreeMap<>(run.artifacts())
        .forEach((path, file) -> table.row(path, NumberFormat.bytes(file.bytes())));
    return table;
  }

  private static void put(Map<String, String> facts, String name, String value) {
    if (!value.isBlank()) {
      facts.put(name, value);
    }
  }
}
