package org.sparkfinetune.report;

import java.util.ArrayList;
import java.util.List;
import org.sparkfinetune.report.Scatter.Dot;
import org.sparkfinetune.text.NumberFormat;
import org.sparkfinetune.tune.Direction;
import org.sparkfinetune.tune.FrozenTrial;
import org.sparkfinetune.tune.TrialState;

/** The trials' values in the order of their numbers, with the best so far. */
final class HistoryChart {
  private static final double REACH = 6;
  private static final int TICKS = 6;

  private final StudyTrials trials;

  HistoryChart(StudyTrials trials) {
    this.trials = trials;
  }

  void render(HtmlWriter out) {
    List<FrozenTrial> shown =
        trials.all().stream().filter(trial -> trial.state() != TrialState.WAITING).toList();
    double[] values = shown.stream().mapToDouble(trials::value).filter(Double::isFinite).toArray();
    if (values.length == 0) {
      return;
    }
    Scale y =
        ValueScale.of(
            values, trials.direction(), REACH, 5, Chart.HEIGHT - Scatter.BOTTOM, Scatter.TOP);
    double left = Axes.margin(y);
    int last = shown.stream().mapToInt(FrozenTrial::number).max().orElseThrow();
    Scale x = Scale.exact(0, last, TICKS, true, left, Chart.WIDTH - Scatter.RIGHT);
    // What has no value lies at the edge, where the worst values would.
    double worst = trials.direction() == Direction.MINIMIZE ? y.high() : y.low();
    List<Dot> dots = new ArrayList<>();
    for (FrozenTrial trial : shown) {
      double value = trials.value(trial);
      TrialMarks mark = TrialMarks.of(trials, trial);
      double place = Double.isFinite(value) ? value : worst;
      dots.add(new Dot(trial, mark, trial.number(), place, trials.lines(trial)));
    }
    String title = trials.objective() + " by trial";
    out.open("figure", "class", "chart").open("figcaption").element("b", title, "dir", "auto");
    logNote(out, y);
    TrialMarks.legend(out, Scatter.kinds(dots));
    out.close();
    new Scatter(title, Axes.of(x, y), "trial").svg(out, dots, bestSoFar(x, y, last));
    ValueScale.note(out, ValueScale.beyond(y, values));
    long none = shown.size() - values.length;
    if (none > 0) {
      out.element(
          "p",
          none == 1
              ? "1 trial has no number for a value, and is marked at the edge."
              : NumberFormat.grouped(none)
                  + " trials have no number for a value, and are marked at the edge.",
          "class",
          "note");
    }
    out.close();
  }

  static void logNote(HtmlWriter out, Scale y) {
    if (y.isLog()) {
      out.element("span", "values on a log scale", "class", "quiet");
    }
  }

  /** Steps from one best trial to the next, and on to the last trial. */
  private String bestSoFar(Scale x, Scale y, int last) {
    if (!trials.isSingle()) {
      return "";
    }
    StringBuilder path = new StringBuilder();
    double best = Double.NaN;
    for (FrozenTrial trial : trials.input().history().in(TrialState.COMPLETE)) {
      double value = trials.value(trial);
      boolean counts = trial.violation() == 0 && Double.isFinite(value);
      if (counts && trials.direction().isBetter(value, best)) {
        String across = Scale.px(x.at(trial.number()));
        String to = Scale.px(y.at(value));
        path.append(path.isEmpty() ? "M" + across + " " + to : "H" + across + "V" + to);
        best = value;
      }
    }
    return path.isEmpty() ? "" : path.append('H').append(Scale.px(x.at(last))).toString();
  }
}
