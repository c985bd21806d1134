package org.sparkfinetune.runs;

import java.time.ZoneId;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import org.sparkfinetune.evaluate.Metric;
import org.sparkfinetune.evaluate.MetricName;
import org.sparkfinetune.evaluate.Stage;
import org.sparkfinetune.report.ComparisonReport;
import org.sparkfinetune.report.RunSummary;
import org.sparkfinetune.text.NumberFormat;
import org.sparkfinetune.text.OneLine;
import org.sparkfinetune.text.Sparkline;
import org.sparkfinetune.text.TextTable;
import org.sparkfinetune.text.TextTable.Column;
import org.sparkfinetune.track.RunSnapshot;
import org.sparkfinetune.track.RunSnapshot.Point;

/** One run, or several beside each other, as text. */
final class RunText {
  private static final String SYSTEM = MetricName.SYSTEM;
  private static final String LOSS = Metric.LOSS.at(Stage.STEP);
  private static final int NAMES = 30;
  private static final String NONE = "-";

  private final OptionalInt width;
  private final StringBuilder out = new StringBuilder();

  private RunText(OptionalInt width) {
    this.width = width;
  }

  /**
   * A run.
   *
   * @param defaults of the parameters: those that have them are only counted
   */
  public static String show(RunSnapshot run, Map<String, String> defaults, OptionalInt width) {
    RunText text = new RunText(width);
    text.about(run);
    text.loss(run);
    text.metrics(run);
    text.params(run, defaults);
    text.pairs("Provenance", RunSummary.provenanceTags(run));
    text.pairs("Data", data(run));
    text.pairs("Files", files(run));
    return text.out.toString();
  }

  /** Runs beside each other, in several tables where they do not fit into one. */
  public static String compare(List<RunSnapshot> runs, OptionalInt width) {
    RunText text = new RunText(width);
    int side = width.isEmpty() ? runs.size() : Math.max(1, (width.getAsInt() - NAMES) / 18);
    for (int from = 0; from < runs.size(); from += side) {
      text.out.append(from == 0 ? "" : "\n");
      text.compare(runs, from, Math.min(runs.size(), from + side));
    }
    return text.out.toString();
  }

  private void compare(List<RunSnapshot> all, int from, int to) {
    List<String> names = ComparisonReport.names(all).subList(from, to);
    List<RunSnapshot> runs = all.subList(from, to);
    List<Column> columns = new ArrayList<>(List.of(Column.text("", 0, NAMES, 60)));
    names.forEach(name -> columns.add(new Column(name, 0, 16, 40, true)));
    TextTable table = new TextTable(columns);
    row(table, "id", runs, RunList::shortId);
    row(table, "status", runs, RunText::status);
    row(table, "started", runs, RunText::started);
    row(table, "took", runs, RunText::took);
    row(table, "", runs, run -> "");
    Set<String> metrics = new LinkedHashSet<>();
    for (RunSnapshot run : all) {
      run.metrics().keySet().stream().filter(m -> !m.startsWith(SYSTEM)).forEach(metrics::add);
    }
    for (String metric : metrics) {
      row(
          table,
          metric,
          runs,
          run ->
              run.metrics().containsKey(metric) ? NumberFormat.metric(run.latest(metric)) : NONE);
    }
    Set<String> params = ComparisonReport.differing(all, RunSnapshot::params);
    if (!params.isEmpty()) {
      row(table, "", runs, run -> "");
    }
    for (String param : params) {
      row(table, param, runs, run -> NumberFormat.param(run.params().getOrDefault(param, NONE)));
    }
    out.append(table.render(width));
  }

  private static void row(
      TextTable table, String name, List<RunSnapshot> runs, Function<RunSnapshot, String> value) {
    List<String> cells = new ArrayList<>(List.of(name));
    runs.forEach(run -> cells.add(value.apply(run)));
    table.row(cells);
  }

  private void about(RunSnapshot run) {
    out.append(OneLine.of(RunSummary.title(run))).append('\n');
    TextTable table = pairs();
    List<List<String>> rows =
        List.of(
            List.of("id", run.id()),
            List.of("status", status(run)),
            List.of("experiment", run.experiment()),
            List.of("part of", run.parent()),
            List.of("started", started(run)),
            List.of("took", took(run)),
            List.of("base model", RunSummary.base(run)));
    rows.stream().filter(row -> !row.get(1).isBlank()).forEach(table::row);
    out.append(table.render(width));
  }

  private static String took(RunSnapshot run) {
    String took = NumberFormat.duration(RunSummary.lastSign(run) - run.start());
    return run.end() > 0 ? took : took + " so far";
  }

  private void loss(RunSnapshot run) {
    List<Point> points = run.metrics().getOrDefault(LOSS, List.of());
    if (points.isEmpty()) {
      return;
    }
    out.append(
        "\nLoss  %s to %s in %s steps\n"
            .formatted(
                NumberFormat.metric(points.get(0).value()),
                NumberFormat.metric(run.latest(LOSS)),
                NumberFormat.grouped(points.get(points.size() - 1).step())));
    if (width.isPresent()) {
      out.append("  ")
          .append(
              Sparkline.of(
                  points.stream().map(RunSnapshot.Point::value).toList(),
                  Math.min(60, width.getAsInt() - 4)))
          .append('\n');
    }
  }

  private void metrics(RunSnapshot run) {
    TextTable table =
        new TextTable(
            List.of(
                Column.text("", 0, 20, 60),
                Column.number("last", 0),
                Column.number("best", 1),
                Column.number("at step", 2)),
            2);
    run.metrics()
        .forEach(
            (name, points) -> {
              if (!name.startsWith(SYSTEM) && !points.isEmpty()) {
                Optional<Point> best =
                    points.size() > 1 ? RunSummary.best(name, points) : Optional.empty();
                table.row(
                    List.of(
                        name,
                        NumberFormat.metric(run.latest(name)),
                        best.map(point -> NumberFormat.metric(point.value())).orElse(""),
                        best.map(point -> NumberFormat.grouped(point.step())).orElse("")));
              }
            });
    if (!table.isEmpty()) {
      out.append("\nMetrics\n").append(table.render(width));
    }
  }

  private void params(RunSnapshot run, Map<String, String> defaults) {
    Map<String, String> changed = new TreeMap<>();
    run.params()
        .forEach(
            (name, value) -> {
              if (!RunSummary.isDefault(value, defaults.get(name))) {
                changed.put(name, NumberFormat.param(value));
              }
            });
    int rest = run.params().size() - changed.size();
    pairs(
        rest == 0 ? "Parameters" : "Parameters (%s more have their defaults)".formatted(rest),
        changed);
  }

  private static Map<String, String> data(RunSnapshot run) {
    Map<String, String> data = new TreeMap<>();
    run.inputs()
        .forEach(
            (context, set) -> {
              Long rows = set.profile().get("num_rows");
              data.put(
                  context,
                  set.name()
                      + (rows == null ? "" : ", " + NumberFormat.grouped(rows) + " rows")
                      + ", digest "
                      + set.digest());
            });
    return data;
  }

  private static Map<String, String> files(RunSnapshot run) {
    Map<String, String> files = new TreeMap<>();
    run.artifacts().forEach((path, file) -> files.put(path, NumberFormat.bytes(file.bytes())));
    return files;
  }

  private void pairs(String heading, Map<String, String> values) {
    if (!values.isEmpty()) {
      out.append('\n').append(heading).append('\n');
      TextTable table = pairs();
      values.forEach((name, value) -> table.row(List.of(name, value)));
      out.append(table.render(width));
    }
  }

  private static TextTable pairs() {
    return new TextTable(List.of(Column.text("", 0, 30, 50), Column.text("", 0, 20, 200)), 2);
  }

  private static String status(RunSnapshot run) {
    return run.status().name().toLowerCase(Locale.ROOT);
  }

  private static String started(RunSnapshot run) {
    return NumberFormat.time(run.start(), ZoneId.systemDefault());
  }
}
