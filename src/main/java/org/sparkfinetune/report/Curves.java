package org.sparkfinetune.report;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.sparkfinetune.evaluate.Metric;
import org.sparkfinetune.evaluate.MetricName;
import org.sparkfinetune.evaluate.Stage;
import org.sparkfinetune.report.Series.Style;
import org.sparkfinetune.text.NumberFormat;
import org.sparkfinetune.track.RunSnapshot;
import org.sparkfinetune.track.RunSnapshot.Point;

/** The charts of metrics, of one run or several. */
final class Curves {
  /** So many charts of metrics that this project does not know; more would bury the rest. */
  private static final int OTHERS = 24;

  /** A loss by so many steps is noise around its mean. */
  private static final int SMOOTHED = 20;

  private static final int SMOOTHING = 25;
  private static final String STEP = "step";
  private static final String LOSS = Metric.LOSS.at(Stage.STEP);
  private static final String EVAL_LOSS = Metric.LOSS.at(Stage.EVAL);
  private static final String LEARNING_RATE = Metric.LEARNING_RATE.at(Stage.STEP);
  private static final String GRADIENT_NORM = Metric.GRADIENT_NORM.at(Stage.STEP);

  private static final Set<String> KNOWN = Set.of(LOSS, EVAL_LOSS, LEARNING_RATE, GRADIENT_NORM);

  private Curves() {}

  /** Training and validation, by step. */
  static List<Chart> training(RunSnapshot run) {
    List<Chart> charts = new ArrayList<>();
    add(charts, loss(run));
    Map<String, Chart> scores = new LinkedHashMap<>();
    List<String> others = new ArrayList<>();
    for (String name : run.metrics().keySet()) {
      if (isScore(name) && isCurve(run, name)) {
        String title = MetricName.of(name).orElseThrow().metric().title();
        Chart chart = scores.computeIfAbsent(title, key -> new Chart(key, STEP));
        // They often lie upon each other: through a broken line the one beneath is seen.
        Style style = chart.hasSeries() ? Style.DASHED : Style.LINE;
        chart.add(Series.bySteps(name, run.metrics().get(name), style, chart.size()));
      } else if (isOther(name) && isCurve(run, name)) {
        others.add(name);
      }
    }
    scores.values().forEach(chart -> add(charts, chart));
    add(charts, single(Metric.LEARNING_RATE.title(), LEARNING_RATE, run));
    Chart norm = new Chart(Metric.GRADIENT_NORM.title(), STEP);
    noisy(norm, "gradient norm", run.metrics().getOrDefault(GRADIENT_NORM, List.of()));
    add(charts, norm.logYIfSpread());
    others.stream()
        .limit(OTHERS)
        .forEach(name -> add(charts, single(name, name, run).logYIfSpread()));
    return aligned(charts, List.of(run));
  }

  /**
   * The same of several runs, a chart a metric.
   *
   * @param names of the runs
   */
  static List<Chart> compared(List<RunSnapshot> runs, List<String> names) {
    Set<String> metrics = new LinkedHashSet<>(List.of(LOSS, EVAL_LOSS));
    for (RunSnapshot run : runs) {
      run.metrics().keySet().stream().filter(Curves::isScore).forEach(metrics::add);
    }
    for (RunSnapshot run : runs) {
      run.metrics().keySet().stream().filter(MetricName::isCurve).forEach(metrics::add);
    }
    List<Chart> charts = new ArrayList<>();
    int others = 0;
    for (String metric : metrics) {
      others += isOther(metric) ? 1 : 0;
      if (others <= OTHERS || !isOther(metric)) {
        add(charts, compared(metric, runs, names).logYIfSpread());
      }
    }
    return aligned(charts, runs);
  }

  private static Chart compared(String metric, List<RunSnapshot> runs, List<String> names) {
    Chart chart = new Chart(metric, STEP);
    for (int i = 0; i < runs.size(); i++) {
      List<Point> points = runs.get(i).metrics().getOrDefault(metric, List.of());
      if (points.size() > 1) {
        Style style = i < HtmlPage.COLORS ? Style.LINE : Style.DASHED;
        Series line = Series.bySteps(names.get(i), points, style, i);
        boolean noise = metric.equals(LOSS) && points.size() >= SMOOTHED;
        chart.add(noise ? line.smoothed(line.name(), window(points), style) : line);
      }
    }
    return chart;
  }

  /** Processor, memory and GPUs, by minutes since the start; devices of a kind in one chart. */
  static List<Chart> system(RunSnapshot run) {
    Map<String, Chart> charts = new LinkedHashMap<>();
    run.metrics()
        .forEach(
            (name, points) -> {
              if (name.startsWith(MetricName.SYSTEM) && points.size() > 1) {
                String device = name.substring(MetricName.SYSTEM.length());
                String kind = device.replaceAll("_\\d+(?=_|$)", "").replace('_', ' ');
                Chart chart =
                    charts.computeIfAbsent(kind, key -> new Chart(key, "minutes since the start"));
                int line = chart.size();
                chart.add(Series.byMinutes(device, points, run.start(), Style.LINE, line));
              }
            });
    return List.copyOf(charts.values());
  }

  private static Chart loss(RunSnapshot run) {
    Chart chart = new Chart(Metric.LOSS.title(), STEP);
    noisy(chart, "training loss", run.metrics().getOrDefault(LOSS, List.of()));
    List<Point> validation = run.metrics().getOrDefault(EVAL_LOSS, List.of());
    if (!validation.isEmpty()) {
      chart.add(Series.bySteps("validation loss", validation, Style.LINE, 1));
    }
    return chart.logYIfSpread();
  }

  /** Adds values that change from step to step: where there are many, with their mean. */
  private static void noisy(Chart chart, String name, List<Point> points) {
    if (points.size() >= SMOOTHED) {
      Series raw = Series.bySteps(name, points, Style.FAINT, 0);
      String mean = "mean of %s neighbors".formatted(NumberFormat.grouped(window(points)));
      chart.add(raw).add(raw.smoothed(mean, window(points), Style.LINE));
    } else if (!points.isEmpty()) {
      chart.add(Series.bySteps(name, points, Style.LINE, 0));
    }
  }

  /** How many points a mean is taken of: an odd number, for as many on both sides. */
  private static int window(List<Point> points) {
    return Math.max(5, points.size() / SMOOTHING) | 1;
  }

  private static Chart single(String title, String metric, RunSnapshot run) {
    Chart chart = new Chart(title, STEP);
    if (isCurve(run, metric)) {
      chart.add(Series.bySteps(metric, run.metrics().get(metric), Style.LINE, 0));
    }
    return chart;
  }

  /** A lonely point is no curve: the table has it. */
  private static boolean isCurve(RunSnapshot run, String metric) {
    return run.metrics().getOrDefault(metric, List.of()).size() > 1;
  }

  /** Whether it is an evaluation's, of which each kind has its chart; the loss has its own. */
  private static boolean isScore(String metric) {
    return MetricName.of(metric)
        .filter(name -> name.stage() == Stage.EVAL && name.metric().isCurve())
        .filter(name -> name.metric() != Metric.LOSS)
        .isPresent();
  }

  /** Whether it is a line that has no chart of its kind. */
  private static boolean isOther(String metric) {
    return MetricName.isCurve(metric) && !isScore(metric) && !KNOWN.contains(metric);
  }

  private static void add(List<Chart> charts, Chart chart) {
    if (chart.hasSeries()) {
      charts.add(chart);
    }
  }

  /** One axis of steps for all. */
  private static List<Chart> aligned(List<Chart> charts, List<RunSnapshot> runs) {
    long last =
        runs.stream()
            .flatMap(run -> run.metrics().entrySet().stream())
            .filter(metric -> MetricName.isCurve(metric.getKey()))
            .flatMap(metric -> metric.getValue().stream())
            .mapToLong(Point::step)
            .max()
            .orElse(0);
    charts.forEach(chart -> chart.wholeSteps().reaching(0, last));
    return charts;
  }
}
