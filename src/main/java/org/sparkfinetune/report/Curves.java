package org.sparkfinetune.report;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
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
  private static final String LEARNING_RATE = "learning_rate";
  private static final String GRADIENT_NORM = "grad_norm";
  private static final Set<String> KNOWN =
      Set.of(MetricNames.LOSS, MetricNames.EVAL_LOSS, LEARNING_RATE, GRADIENT_NORM);

  private static final Pattern SCORE =
      Pattern.compile("eval_(accuracy|f1|precision|recall|hamming_loss)(?:_\\w+)?");
  private static final Map<String, String> TITLES =
      Map.of(
          "accuracy", "Accuracy",
          "f1", "F1",
          "precision", "Precision",
          "recall", "Recall",
          "hamming_loss", "Hamming loss");

  private Curves() {}

  /** Training and validation, by step. */
  static List<Chart> training(RunSnapshot run) {
    List<Chart> charts = new ArrayList<>();
    add(charts, loss(run));
    Map<String, Chart> scores = new LinkedHashMap<>();
    List<String> others = new ArrayList<>();
    for (String name : run.metrics().keySet()) {
      Matcher score = SCORE.matcher(name);
      if (score.matches() && isCurve(run, name)) {
        Chart chart =
            scores.computeIfAbsent(score.group(1), key -> new Chart(TITLES.get(key), STEP));
        // They often lie upon each other: through a broken line the one beneath is seen.
        Style style = chart.hasSeries() ? Style.DASHED : Style.LINE;
        chart.add(Series.bySteps(name, run.metrics().get(name), style, chart.size()));
      } else if (isOther(name) && isCurve(run, name)) {
        others.add(name);
      }
    }
    scores.values().forEach(chart -> add(charts, chart));
    add(charts, single("Learning rate", LEARNING_RATE, run));
    Chart norm = new Chart("Gradient norm", STEP);
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
    Set<String> metrics = new LinkedHashSet<>(List.of(MetricNames.LOSS, MetricNames.EVAL_LOSS));
    for (RunSnapshot run : runs) {
      run.metrics().keySet().stream()
          .filter(metric -> SCORE.matcher(metric).matches())
          .forEach(metrics::add);
    }
    for (RunSnapshot run : runs) {
      run.metrics().keySet().stream().filter(Curves::isLine).forEach(metrics::add);
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
        boolean noise = metric.equals(MetricNames.LOSS) && points.size() >= SMOOTHED;
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
              if (name.startsWith(MetricNames.SYSTEM) && points.size() > 1) {
                String device = name.substring(MetricNames.SYSTEM.length());
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
    Chart chart = new Chart("Loss", STEP);
    noisy(chart, "training loss", run.metrics().getOrDefault(MetricNames.LOSS, List.of()));
    List<Point> validation = run.metrics().getOrDefault(MetricNames.EVAL_LOSS, List.of());
    if (!validation.isEmpty()) {
      chart.add(Series.bySteps("validation loss", validation, Style.LINE, 1));
    }
    return chart.logYIfSpread();
  }

  /** Adds values that change from step to step: where there are many, with their mean. */
  private static void noisy(Chart chart, String name, List<Point> points) {
    if (points.size() >= SMOOTHED) {
      Series raw = Series.bySteps(name, points, Style.FAINT, 0);
      String mean = "mean of %s neighbours".formatted(NumberFormat.grouped(window(points)));
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

  private static boolean isLine(String metric) {
    return !metric.startsWith(MetricNames.SYSTEM) && !MetricNames.hasNoCurve(metric);
  }

  /** Whether it is a line that this project knows nothing of. */
  private static boolean isOther(String metric) {
    return isLine(metric) && !KNOWN.contains(metric) && !SCORE.matcher(metric).matches();
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
            .filter(metric -> isLine(metric.getKey()))
            .flatMap(metric -> metric.getValue().stream())
            .mapToLong(Point::step)
            .max()
            .orElse(0);
    charts.forEach(chart -> chart.wholeSteps().reaching(0, last));
    return charts;
  }
}
