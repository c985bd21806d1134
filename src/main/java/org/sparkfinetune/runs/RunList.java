package org.sparkfinetune.runs;

import java.time.ZoneId;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import org.sparkfinetune.evaluate.MetricName;
import org.sparkfinetune.report.ComparisonReport;
import org.sparkfinetune.report.RunSummary;
import org.sparkfinetune.text.NumberFormat;
import org.sparkfinetune.text.TextTable;
import org.sparkfinetune.text.TextTable.Column;
import org.sparkfinetune.track.RunSnapshot;

/** The table of many runs. */
final class RunList {
  /** Parameters that are different in every run and say nothing of it. */
  private static final Set<String> PLACES =
      Set.of("output", "overwrite", "log", "training.checkpoint_dir", "training.resume");

  private static final int SHORT_ID = 8;
  private static final int MANY = 6;
  private static final int PARAMS = 10;

  private final List<RunTree.Entry> entries;
  private final List<RunSnapshot> runs;

  public RunList(List<RunTree.Entry> entries) {
    this.entries = entries;
    this.runs = entries.stream().map(RunTree.Entry::run).toList();
  }

  /**
   * The table.
   *
   * @param columns metrics and parameters; empty for those that say most
   * @param sortedBy shown before other metrics
   */
  public TextTable table(List<String> columns, String sortedBy) {
    Set<String> metrics = new LinkedHashSet<>();
    List<String> params = new ArrayList<>();
    if (columns.isEmpty()) {
      if (known().contains(sortedBy)) {
        metrics.add(MetricName.ofKept(sortedBy, known()));
      }
      metrics.addAll(MetricName.headlines(known()));
      params.addAll(params());
    } else {
      columns.forEach(name -> (known().contains(name) ? metrics : params).add(name));
    }
    List<Column> heads = new ArrayList<>();
    int rank = columns.isEmpty() ? MANY : 2;
    heads.add(Column.text("name", 0, 24, 44));
    heads.add(Column.text("id", 0, SHORT_ID, SHORT_ID));
    heads.add(Column.text("status", 0, SHORT_ID, SHORT_ID));
    heads.add(Column.text("started", columns.isEmpty() ? 4 : 50, 16, 16));
    heads.add(Column.text("took", columns.isEmpty() ? 5 : 51, 6, 12));
    int first = columns.isEmpty() ? 3 : rank;
    for (String metric : metrics) {
      heads.add(Column.number(metric, first));
      first = rank++;
    }
    for (String param : params) {
      heads.add(Column.text(param.substring(param.lastIndexOf('.') + 1), rank++, 12, 24));
    }
    TextTable table = new TextTable(heads);
    entries.forEach(entry -> table.row(row(entry, metrics, params)));
    return table;
  }

  private static List<String> row(RunTree.Entry entry, Set<String> metrics, List<String> params) {
    RunSnapshot run = entry.run();
    List<String> cells = new ArrayList<>();
    cells.add("  ".repeat(entry.depth()) + RunSummary.title(run));
    cells.add(shortId(run));
    cells.add(run.status().name().toLowerCase(Locale.ROOT));
    cells.add(NumberFormat.time(run.start(), ZoneId.systemDefault()));
    cells.add(run.end() > 0 ? NumberFormat.duration(run.end() - run.start()) : "");
    for (String metric : metrics) {
      double value = RunSummary.headline(run, metric);
      boolean told = run.metrics().containsKey(metric) || !Double.isNaN(value);
      cells.add(told ? NumberFormat.metric(value) : "");
    }
    params.forEach(param -> cells.add(NumberFormat.param(run.params().getOrDefault(param, ""))));
    return cells;
  }

  static String shortId(RunSnapshot run) {
    return run.id().substring(0, Math.min(SHORT_ID, run.id().length()));
  }

  private Set<String> known() {
    Set<String> known = new TreeSet<>();
    runs.forEach(run -> known.addAll(run.metrics().keySet()));
    return known;
  }

  /** Those that differ between runs that have them. */
  private List<String> params() {
    return ComparisonReport.differing(runs, RunSnapshot::params).stream()
        .filter(name -> !PLACES.contains(name) && !name.startsWith("tracking."))
        .filter(
            name ->
                runs.stream()
                        .map(run -> run.params().get(name))
                        .filter(v -> v != null)
                        .distinct()
                        .count()
                    > 1)
        .limit(PARAMS)
        .toList();
  }
}
