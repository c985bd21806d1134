package org.sparkfinetune.report;

import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.sparkfinetune.evaluate.Metric.Unit;
import org.sparkfinetune.evaluate.MetricName;
import org.sparkfinetune.text.NumberFormat;
import org.sparkfinetune.track.RunSnapshot;
import org.sparkfinetune.track.RunSnapshot.Point;
import org.sparkfinetune.track.RunStatus;

/** The report of one run. */
public final class RunReport {
  private final RunSnapshot run;
  private final Optional<ClassResults> classes;
  private final Map<String, String> defaults;

  private RunReport(RunSnapshot run, Optional<ClassResults> classes, Map<String, String> defaults) {
    this.run = run;
    this.classes = classes;
    this.defaults = defaults;
  }

  /**
   * An HTML file.
   *
   * @param classes what is known of the classes
   * @param defaults of the parameters, by name: those that differ are marked; empty marks none
   */
  public static String html(
      RunSnapshot run, Optional<ClassResults> classes, Map<String, String> defaults) {
    return HtmlPage.html(RunSummary.title(run), new RunReport(run, classes, defaults)::write);
  }

  private void write(HtmlWriter out) {
    header(out);
    headlines(out);
    charts(out, "Training", Curves.training(run));
    classes.ifPresent(
        results -> {
          HtmlPage.section(out, "Classes", new ClassesSection(results)::render);
          results
              .confusions()
              .ifPresent(
                  matrix ->
                      HtmlPage.section(
                          out,
                          "Confusions",
                          new ConfusionSection(results.labels(), matrix)::render));
        });
    section(out, "Metrics", metrics());
    if (!run.params().isEmpty()) {
      HtmlPage.section(out, "Configuration", new ParamsSection(run.params(), defaults)::render);
    }
    section(out, "Data", RunSummary.data(run));
    section(out, "Provenance", RunSummary.provenance(run));
    section(out, "Files", RunSummary.artifacts(run));
    charts(out, "System", Curves.system(run));
    HtmlPage.footer(out);
  }

  private void header(HtmlWriter out) {
    out.open("header").open("h1").element("bdi", RunSummary.title(run));
    RunSummary.badge(out, run.status());
    out.close();
    String note = run.tags().getOrDefault(RunSummary.NOTE, "");
    if (!note.isBlank()) {
      out.element("p", note, "class", "description", "dir", "auto");
    }
    out.open("dl", "class", "facts");
    RunSummary.about(run)
        .forEach(
            (name, value) -> {
              out.open("div").element("dt", name).open("dd").element("bdi", value);
              out.close().close();
            });
    out.close().close();
  }

  private void headlines(HtmlWriter out) {
    List<String> names = MetricName.headlines(run.metrics().keySet());
    if (names.isEmpty()) {
      String why =
          run.status() == RunStatus.RUNNING
              ? "No metric has been logged yet."
              : "The run ended before it logged an evaluation.";
      out.element("p", why, "class", "note");
      return;
    }
    out.open("ul", "class", "tiles");
    for (String name : names) {
      List<Point> points = run.metrics().get(name);
      double latest = run.latest(name);
      out.open("li").element("span", name, "class", "quiet");
      out.element(
          "b",
          isTime(name) && Double.isFinite(latest)
              ? NumberFormat.duration((long) (latest * 1000))
              : NumberFormat.metric(latest));
      beside(name, points, latest).ifPresent(words -> out.element("span", words, "class", "quiet"));
      out.close();
    }
    out.close();
  }

  private static boolean isTime(String name) {
    return MetricName.of(name).filter(known -> known.metric().unit() == Unit.SECONDS).isPresent();
  }

  /** What of the metric's course belongs beside its value. */
  private Optional<String> beside(String name, List<Point> points, double latest) {
    Optional<String> course = MetricName.course(name);
    if (course.isEmpty()) {
      return RunSummary.best(name, points)
          .filter(best -> best.value() != latest)
          .map(best -> "best %s at step %s".formatted(value(best), step(best)));
    }
    double newest = run.latest(course.get());
    return run.metrics().getOrDefault(course.get(), List.of()).stream()
        .filter(point -> point.value() == latest && newest != latest)
        .findFirst()
        .map(kept -> "at step %s, last %s".formatted(step(kept), NumberFormat.metric(newest)));
  }

  private static String value(Point point) {
    return NumberFormat.metric(point.value());
  }

  private static String step(Point point) {
    return NumberFormat.grouped(point.step());
  }

  private Table metrics() {
    Table table = new Table("metric", "last", "at step", "lowest", "highest", "values").numbers(1);
    // Those of the machine say least of the run.
    run.metrics().keySet().stream()
        .sorted(Comparator.comparing(name -> name.startsWith(MetricName.SYSTEM)))
        .filter(name -> !run.metrics().get(name).isEmpty())
        .forEach(name -> metric(table, name, run.metrics().get(name)));
    return table;
  }

  private static void metric(Table table, String name, List<Point> points) {
    Point last = points.get(points.size() - 1);
    double[] values =
        points.stream().mapToDouble(Point::value).filter(Double::isFinite).sorted().toArray();
    boolean curve = points.size() > 1 && values.length > 0;
    table.row(
        name,
        NumberFormat.metric(last.value()),
        NumberFormat.grouped(last.step()),
        curve ? NumberFormat.metric(values[0]) : "",
        curve ? NumberFormat.metric(values[values.length - 1]) : "",
        NumberFormat.grouped(points.size()));
  }

  private static void charts(HtmlWriter out, String heading, List<Chart> charts) {
    if (!charts.isEmpty()) {
      HtmlPage.section(
          out,
          heading,
          inner -> {
            inner.open("div", "class", "charts");
            charts.forEach(chart -> chart.render(inner));
            inner.close();
          });
    }
  }

  private static void section(HtmlWriter out, String heading, Table table) {
    if (!table.isEmpty()) {
      HtmlPage.section(out, heading, table::render);
    }
  }
}
