package org.sparkfinetune.report;

import java.util.Comparator;
import java.util.List;
import java.util.Map.Entry;
import org.sparkfinetune.report.Series.Style;
import org.sparkfinetune.tune.FrozenTrial;

/** The values that trials reported on their way, a curve each; where a pruned one ends, a mark. */
final class IntermediateChart {
  private static final double REACH = 30;

  /** So many points all curves together may have, about. */
  private static final int POINTS = 10_000;

  private static final int MANY = 60;

  private final StudyTrials trials;
  private final List<FrozenTrial> shown;

  IntermediateChart(StudyTrials trials) {
    this.trials = trials;
    shown =
        trials.all().stream()
            .filter(
                trial -> trial.intermediateValues().values().stream().anyMatch(Double::isFinite))
            .sorted(
                Comparator.comparing(
                    (FrozenTrial trial) ->
                        TrialMarks.UPWARDS.indexOf(TrialMarks.of(trials, trial))))
            .toList();
  }

  void render(HtmlWriter out) {
    if (shown.isEmpty()) {
      return;
    }
    double[] values =
        shown.stream()
            .flatMap(trial -> trial.intermediateValues().values().stream())
            .mapToDouble(v -> v)
            .filter(Double::isFinite)
            .toArray();
    Scale y =
        ValueScale.of(
            values, trials.direction(), REACH, 5, Chart.HEIGHT - Scatter.BOTTOM, Scatter.TOP);
    int first = shown.stream().mapToInt(t -> t.intermediateValues().firstKey()).min().orElse(0);
    int last = shown.stream().mapToInt(t -> t.intermediateValues().lastKey()).max().orElse(0);
    Scale x = Scale.exact(first, last, 6, true, Axes.margin(y), Chart.WIDTH - Scatter.RIGHT);
    String title = trials.objective() + " on the way";
    out.open("figure", "class", "chart").open("figcaption").element("b", title, "dir", "auto");
    HistoryChart.logNote(out, y);
    TrialMarks.legend(
        out,
        shown.stream().map(trial -> TrialMarks.of(trials, trial)).distinct().sorted().toList());
    out.close();
    Scatter.open(out, title, Chart.WIDTH, Chart.HEIGHT, kind());
    Axes.of(x, y).render(out, "step");
    shown.forEach(trial -> curve(out, trial, x, y));
    out.close();
    ValueScale.note(out, ValueScale.beyond(y, values));
    out.close();
  }

  private String kind() {
    return Scatter.crowd(shown.size(), MANY) + (trials.isSingle() ? "" : " several");
  }

  private void curve(HtmlWriter out, FrozenTrial trial, Scale x, Scale y) {
    TrialMarks mark = TrialMarks.of(trials, trial);
    String says = trials.line(trial);
    mark.group(
        out,
        () -> {
          String number = String.valueOf(trial.number());
          out.open("path", "class", "line way", "data-trial", number, "d", path(trial, x, y));
          out.element("title", says).close();
          Entry<Integer, Double> end =
              trial.intermediateValues().entrySet().stream()
                  .filter(entry -> Double.isFinite(entry.getValue()))
                  .reduce((one, next) -> next)
                  .orElseThrow();
          boolean lonely = trial.intermediateValues().size() == 1;
          if (lonely || mark != TrialMarks.COMPLETE) {
            mark.draw(out, trial, x.at(end.getKey()), y.at(end.getValue()), says);
          }
        });
  }

  private String path(FrozenTrial trial, Scale x, Scale y) {
    double[] steps = trial.intermediateValues().keySet().stream().mapToDouble(s -> s).toArray();
    double[] values = trial.intermediateValues().values().stream().mapToDouble(v -> v).toArray();
    Series series = new Series("", steps, values, Style.LINE, 0);
    int columns = Math.max(6, Math.min(350, POINTS / shown.size()));
    StringBuilder path = new StringBuilder();
    for (List<Integer> run : Sampling.runs(series, columns)) {
      for (int i = 0; i < run.size(); i++) {
        int point = run.get(i);
        path.append(i == 0 ? 'M' : 'L').append(Scale.px(x.at(steps[point]))).append(' ');
        path.append(Scale.px(y.at(values[point])));
      }
      path.append(run.size() == 1 ? "h0" : "");
    }
    return path.toString();
  }
}
