package org.sparkfinetune.report;

import java.util.ArrayList;
import java.util.List;
import org.sparkfinetune.report.Scatter.Dot;
import org.sparkfinetune.text.NumberFormat;
import org.sparkfinetune.tune.Direction;
import org.sparkfinetune.tune.FrozenTrial;
import org.sparkfinetune.tune.TrialState;

/** The trials over each two of several objectives, with those that none surpasses. */
final class ParetoSection {
  private static final double REACH = 6;

  /** More objectives make more pairs than anybody looks at. */
  private static final int OBJECTIVES = 4;

  private final StudyTrials trials;

  ParetoSection(StudyTrials trials) {
    this.trials = trials;
  }

  void render(HtmlWriter out) {
    int front = trials.front().size();
    if (front == 0) {
      out.element("p", "No complete trial has a number for each objective yet.", "class", "note");
      return;
    }
    out.element(
        "p",
        front == 1
            ? "One trial is surpassed by no other in all objectives."
            : NumberFormat.grouped(front)
                + " trials are surpassed by none: what is better than one of them in an objective"
                + " is worse in another.");
    List<String> objectives = trials.input().objectives();
    out.open("div", "class", "charts");
    for (int y = 0; y < Math.min(OBJECTIVES, objectives.size()); y++) {
      for (int x = y + 1; x < Math.min(OBJECTIVES, objectives.size()); x++) {
        chart(out, x, y);
      }
    }
    out.close();
  }

  private void chart(HtmlWriter out, int across, int up) {
    List<FrozenTrial> shown =
        trials.input().history().in(TrialState.COMPLETE).stream()
            .filter(trial -> Double.isFinite(trials.value(trial, across)))
            .filter(trial -> Double.isFinite(trials.value(trial, up)))
            .toList();
    if (shown.isEmpty()) {
      return;
    }
    Scale y = scale(shown, up, 5, Chart.HEIGHT - Scatter.BOTTOM, Scatter.TOP);
    Scale x = scale(shown, across, 6, Axes.margin(y), Chart.WIDTH - Scatter.RIGHT);
    List<Dot> dots = new ArrayList<>();
    for (FrozenTrial trial : shown) {
      double right = trials.value(trial, across);
      double top = trials.value(trial, up);
      dots.add(new Dot(trial, TrialMarks.of(trials, trial), right, top, trials.lines(trial)));
    }
    List<String> objectives = trials.input().objectives();
    String title = objectives.get(up) + " against " + objectives.get(across);
    out.open("figure", "class", "chart").open("figcaption").element("b", title, "dir", "auto");
    HistoryChart.logNote(out, y);
    TrialMarks.legend(out, Scatter.kinds(dots));
    out.close();
    // Of three objectives, the front is no line over two of them.
    String line = objectives.size() == 2 ? steps(x, y) : "";
    new Scatter(title, Axes.of(x, y), objectives.get(across)).svg(out, dots, line);
    double[] rights = shown.stream().mapToDouble(trial -> trials.value(trial, across)).toArray();
    double[] tops = shown.stream().mapToDouble(trial -> trials.value(trial, up)).toArray();
    ValueScale.note(out, ValueScale.beyond(x, rights) + ValueScale.beyond(y, tops));
    out.close();
  }

  private Scale scale(List<FrozenTrial> shown, int objective, int about, double from, double to) {
    double[] values = shown.stream().mapToDouble(t -> trials.value(t, objective)).toArray();
    Direction direction = trials.input().history().directions().get(objective);
    return ValueScale.of(values, direction, REACH, about, from, to);
  }

  /**
   * The edge of what has been reached: from the best of the first objective on, and between two
   * trials over the point that is just as good as the worse of both in each.
   */
  private String steps(Scale x, Scale y) {
    StringBuilder path = new StringBuilder();
    for (FrozenTrial trial : trials.front()) {
      if (Double.isFinite(trials.value(trial, 0)) && Double.isFinite(trials.value(trial, 1))) {
        String across = Scale.px(x.at(trials.value(trial, 1)));
        String up = Scale.px(y.at(trials.value(trial, 0)));
        path.append(path.isEmpty() ? "M" + across + " " + up : "V" + up + "H" + across);
      }
    }
    return path.toString();
  }
}
