package org.sparkfinetune.report;

import java.util.ArrayList;
import java.util.List;
import org.sparkfinetune.report.Scatter.Dot;
import org.sparkfinetune.text.NumberFormat;
import org.sparkfinetune.tune.FrozenTrial;

/** The value against each parameter, a small chart each. */
final class SlicesSection {
  private static final int WIDTH = 380;
  private static final int HEIGHT = 230;
  private static final double REACH = 6;

  /** How far beside the middle of its column a trial may lie. */
  private static final double SPREAD = 0.5;

  /** So many trials a column are spread that far; fewer less. */
  private static final int FULL = 15;

  private final StudyTrials trials;

  SlicesSection(StudyTrials trials) {
    this.trials = trials;
  }

  /**
   * Draws them.
   *
   * @param axes of the parameters, in order
   */
  void render(HtmlWriter out, List<ParamAxis> axes) {
    List<FrozenTrial> valued =
        trials.all().stream().filter(trial -> Double.isFinite(trials.value(trial))).toList();
    double[] values = valued.stream().mapToDouble(trials::value).toArray();
    if (values.length == 0) {
      return;
    }
    Scale y =
        ValueScale.of(values, trials.direction(), REACH, 5, HEIGHT - Scatter.BOTTOM, Scatter.TOP);
    out.open("div", "class", "charts small");
    axes.forEach(axis -> slice(out, axis, valued, y));
    out.close();
    ValueScale.note(out, ValueScale.beyond(y, values));
  }

  private void slice(HtmlWriter out, ParamAxis axis, List<FrozenTrial> valued, Scale y) {
    Scale x = axis.scale(4, Axes.margin(y), WIDTH - Scatter.RIGHT);
    double spread =
        axis.hasColumns() ? SPREAD * Math.min(1, valued.size() / (FULL * (x.high() - x.low()))) : 0;
    List<Dot> dots = new ArrayList<>();
    for (FrozenTrial trial : valued) {
      double place = axis.place(trial.params());
      if (Double.isFinite(place)) {
        double beside = spread * (shake(trial.number()) - 0.5);
        String says = ParamAxis.text(trial.params().get(axis.name())) + ", " + trials.line(trial);
        TrialMarks mark = TrialMarks.of(trials, trial);
        dots.add(new Dot(trial, mark, place + beside, trials.value(trial), says));
      }
    }
    out.open("figure", "class", "chart").open("figcaption");
    out.element("b", axis.name(), "dir", "auto");
    HistoryChart.logNote(out, y);
    out.close();
    new Scatter(axis.name(), axis.axes(x, y), trials.shortName(axis.name())).svg(out, dots, "");
    int missing = valued.size() - dots.size();
    if (missing > 0) {
      out.element(
          "p",
          NumberFormat.grouped(missing)
              + (missing == 1 ? " trial is" : " trials are")
              + " without it.",
          "class",
          "note");
    }
    out.close();
  }

  /** A place from 0 to 1 that looks like chance and is the same each time. */
  private static double shake(int number) {
    double turned = number * 0.6180339887498949;
    return turned - Math.floor(turned);
  }
}
