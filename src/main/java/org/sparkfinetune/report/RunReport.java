package org.sparkfinetune.report;

import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.sparkfinetune.track.RunRecord;
import org.sparkfinetune.track.RunRecord.Point;
import org.sparkfinetune.track.RunStatus;

/** The report of one run. */
public final class RunReport {
  private final RunRecord run;
  private final Optional<ClassResults> classes;
  private final Map<String, String> defaults;

  private RunReport(RunRecord run, Optional<ClassResults> classes, Map<String, String> defaults) {
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
      RunRecord run, Optional<ClassResults> classes, Map<String, String> defaults) {
    return Page.html(Facts.title(run), new RunReport(run, classes, defaults)::write);
  }

  private void write(Markup out) {
    header(out);
    headlines(out);
    charts(out, "Training", Curves.training(run));
    classes.ifPresent(
        results -> {
          Page.section(out, "Classes", new ClassesSection(results)::render);
          results
              .confusions()
              .ifPresent(
                  matrix ->
                      Page.section(
                          out,
                          "Confusions",
                          new ConfusionSection(results.labels(), matrix)::render));
        });
    section(out, "Metrics", metrics());
    if (!run.params().isEmpty()) {
      Page.section(out, "Configuration", new ParamsSection(run.params(), defaults)::render);
    }
    section(out, "Data", Facts.data(run));
    section(out, "Provenance", Facts.provenance(run));
    section(out, "Files", Facts.artifacts(run));
    charts(out, "System", Curves.system(run));
    Page.footer(out);
  }

  private void header(Markup out) {
    out.open("header").open("h1").element("bdi", Facts.title(run));
    Facts.badge(out, run.status());
    out.close();
    String note = run.tags().getOrDefault(Facts.NOTE, "");
    if (!note.isBlank()) {
      out.element("p", note, "class", "description", "dir", "auto");
    }
    out.open("dl", "class", "facts");
    Facts.about(run)
        .forEach(
            (name, value) -> {
              out.open("div").element("dt", name).open("dd").element("bdi", value);
              out.close().close();
            });
    out.close().close();
  }

  private void headlines(Markup out) {
    List<String> names = MetricNames.headlines(run.metrics().keySet());
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
          name.endsWith("_runtime") && Double.isFinite(latest)
              ? Numbers.duration((long) (latest * 1000))
              : Numbers.metric(latest));
      beside(name, points, latest).ifPresent(words -> out.element("span", words, "class", "quiet"));
      out.close();
    }
    out.close();
  }

  /** What of the metric's course belongs beside its value. */
  private Optional<String> beside(String name, List<Point> points, double latest) {
    Optional<String> course = MetricNames.course(name);
    if (course.isEmpty()) {
      return Facts.best(name, points)
          .filter(best -> best.value() != latest)
          .map(best -> "best %s at step %s".formatted(value(best), step(best)));
    }
    double newest = run.latest(course.get());
    return run.metrics().getOrDefault(course.get(), List.of()).stream()
        .filter(point -> point.value() == latest && newest != latest)
        .findFirst()
        .map(kept -> "at step %s, last %s".formatted(step(kept), Numbers.metric(newest)));
  }

  private static String value(Point point) {
    return Numbers.metric(point.value());
  }

  private static String step(Point point) {
    return Numbers.grouped(point.step());
  }

  private Table metrics() {
    Table table = new Table("metric", "last", "at step", "lowest", "highest", "values").numbers(1);
    // Those of the machine say least of the run.
    run.metrics().keySet().stream()
        .sorted(Comparator.comparing(name -> name.startsWith(MetricNames.SYSTEM)))
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
        Numbers.metric(last.value()),
        Numbers.grouped(last.step()),
        curve ? Numbers.metric(values[0]) : "",
        curve ? Numbers.metric(values[values.length - 1]) : "",
        Numbers.grouped(points.size()));
  }

  private static void charts(Markup out, String heading, List<Chart> charts) {
    if (!charts.isEmpty()) {
      Page.section(
          out,
          heading,
          inner -> {
            inner.open("div", "class", "charts");
            charts.forEach(chart -> chart.render(inner));
            inner.close();
          });
    }
  }

  private static void section(Markup out, String heading, Table table) {
    if (!table.isEmpty()) {
      Page.section(out, heading, table::render);
    }
  }
}
