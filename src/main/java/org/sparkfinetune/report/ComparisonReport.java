package org.sparkfinetune.report;

import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.sparkfinetune.evaluate.MetricName;
import org.sparkfinetune.report.Table.Cell;
import org.sparkfinetune.text.NumberFormat;
import org.sparkfinetune.track.RunSnapshot;

/** The report of several runs beside each other. */
public final class ComparisonReport {
  private static final String NONE = "-";

  private final List<RunSnapshot> runs;
  private final List<String> names;

  private ComparisonReport(List<RunSnapshot> runs) {
    this.runs = runs;
    this.names = names(runs);
  }

  /** An HTML file. */
  public static String html(List<RunSnapshot> runs) {
    ComparisonReport report = new ComparisonReport(runs);
    return HtmlPage.html("Comparison of " + runs.size() + " runs", report::write);
  }

  /** The runs' names, each with a part of its id where another has the same. */
  public static List<String> names(List<RunSnapshot> runs) {
    List<String> titles = runs.stream().map(RunSummary::title).toList();
    List<String> names = new ArrayList<>();
    for (int i = 0; i < runs.size(); i++) {
      String title = titles.get(i);
      boolean shared = titles.stream().filter(title::equals).count() > 1;
      String id = runs.get(i).id();
      names.add(shared ? title + " (" + id.substring(0, Math.min(8, id.length())) + ")" : title);
    }
    return names;
  }

  /** The names of what not all runs have alike, in order. */
  public static Set<String> differing(
      List<RunSnapshot> runs, Function<RunSnapshot, Map<String, String>> values) {
    return all(runs, values).stream()
        .filter(
            name ->
                runs.stream()
                        .map(run -> values.apply(run).getOrDefault(name, "\0"))
                        .distinct()
                        .count()
                    > 1)
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private static Set<String> all(
      List<RunSnapshot> runs, Function<RunSnapshot, Map<String, String>> values) {
    return runs.stream()
        .flatMap(run -> values.apply(run).keySet().stream())
        .collect(Collectors.toCollection(TreeSet::new));
  }

  private void write(HtmlWriter out) {
    out.open("header").element("h1", "Comparison of " + runs.size() + " runs").close();
    about().render(out);
    List<Chart> charts = Curves.compared(runs, names);
    if (!charts.isEmpty()) {
      HtmlPage.section(
          out,
          "Curves",
          inner -> {
            inner.open("div", "class", "charts");
            charts.forEach(chart -> chart.render(inner));
            inner.close();
          });
    }
    HtmlPage.section(out, "Final metrics", this::metrics);
    HtmlPage.section(out, "Configuration", this::params);
    HtmlPage.footer(out);
  }

  private Table about() {
    Table table = new Table("run", "status", "started", "took", "base model", "experiment", "id");
    for (int i = 0; i < runs.size(); i++) {
      RunSnapshot run = runs.get(i);
      String took = NumberFormat.duration(RunSummary.lastSign(run) - run.start());
      table.row(
          names.get(i),
          run.status().name().toLowerCase(Locale.ROOT),
          NumberFormat.time(run.start(), ZoneOffset.UTC) + " UTC",
          run.end() > 0 ? took : "last sign after " + took,
          RunSummary.base(run),
          run.experiment(),
          run.id());
    }
    return table;
  }

  private void metrics(HtmlWriter out) {
    Set<String> metrics = new LinkedHashSet<>();
    runs.forEach(
        run ->
            run.metrics().keySet().stream()
                .filter(name -> !name.startsWith(MetricName.SYSTEM))
                .forEach(metrics::add));
    Table table = table("metric").numbers(1);
    for (String metric : metrics) {
      double best = best(metric);
      List<Cell> row = new ArrayList<>(List.of(Cell.of(metric)));
      for (RunSnapshot run : runs) {
        double value = run.latest(metric);
        String text = run.metrics().containsKey(metric) ? NumberFormat.metric(value) : NONE;
        row.add(new Cell(text, value == best ? "better" : "", Double.NaN));
      }
      table.row(row);
    }
    out.element("p", "Each run's newest values; the best of a line is bold.");
    table.render(out);
  }

  /** NaN where it is not known whether more is better, or where all are alike. */
  private double best(String metric) {
    int direction = MetricName.better(metric).sign();
    double[] values =
        runs.stream()
            .mapToDouble(run -> run.latest(metric))
            .filter(Double::isFinite)
            .sorted()
            .toArray();
    boolean differ = values.length > 1 && values[0] < values[values.length - 1];
    return direction == 0 || !differ
        ? Double.NaN
        : direction > 0 ? values[values.length - 1] : values[0];
  }

  private void params(HtmlWriter out) {
    Set<String> all = all(runs, RunSnapshot::params);
    Set<String> differing = differing(runs, RunSnapshot::params);
    Table table = table("parameter");
    differing.forEach(
        name -> {
          List<Cell> row = new ArrayList<>(List.of(Cell.of(name)));
          runs.forEach(
              run -> row.add(Cell.of(NumberFormat.param(run.params().getOrDefault(name, NONE)))));
          table.row(row);
        });
    out.element(
        "p",
        all.isEmpty()
            ? "No parameter was recorded."
            : "%s of %s parameters differ.".formatted(differing.size(), all.size()));
    if (!table.isEmpty()) {
      table.render(out);
    }
    if (differing.size() < all.size()) {
      Table same = new Table();
      all.stream()
          .filter(name -> !differing.contains(name))
          .forEach(name -> same.row(name, NumberFormat.param(runs.get(0).params().get(name))));
      out.open("details").element("summary", "Those that all have alike");
      same.render(out);
      out.close();
    }
  }

  private Table table(String first) {
    List<String> head = new ArrayList<>(List.of(first));
    head.addAll(names);
    return new Table(head.toArray(String[]::new));
  }
}
