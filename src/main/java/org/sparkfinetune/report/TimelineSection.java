package org.sparkfinetune.report;

import java.util.List;
import org.sparkfinetune.report.Axes.Tick;
import org.sparkfinetune.text.NumberFormat;
import org.sparkfinetune.tune.FrozenTrial;

/** The study's places over time: a row each, in it a bar a trial. */
final class TimelineSection {
  private static final double WIDTH = 1184;
  private static final int RIGHT = 20;
  private static final int TOP = 6;
  private static final int BOTTOM = 40;
  private static final double DIGIT = 7;

  /** Time is counted in seconds up to so many milliseconds, then in minutes. */
  private static final long SHORT = 120_000;

  /** From so many milliseconds on, time is counted in hours. */
  private static final long LONG = 5 * 3_600_000L;

  private final StudyTrials trials;

  TimelineSection(StudyTrials trials) {
    this.trials = trials;
  }

  void render(HtmlWriter out) {
    double share = trials.busyShare();
    if (Double.isFinite(share)) {
      out.element(
          "p",
          "Trials ran for %s in %s: %s %% of the %s between the first start and the %s."
              .formatted(
                  NumberFormat.duration(trials.compute()),
                  trials.slots() == 1 ? "one slot" : trials.slots() + " slots",
                  NumberFormat.fixed(100 * share, 1),
                  NumberFormat.duration(trials.slots() * (trials.end() - trials.start())),
                  trials.begun().stream().anyMatch(t -> t.end() == 0) ? "present" : "last end"));
    }
    int rows = trials.slots();
    double row = rows <= 16 ? 26 : rows <= 48 ? 14 : 8;
    double left = 16 + DIGIT * ("slot " + (rows - 1)).length();
    double bottom = TOP + rows * row;
    long time = Math.max(1, trials.end() - trials.start());
    String units = time < SHORT ? "seconds" : time < LONG ? "minutes" : "hours";
    double unit = time < SHORT ? 1000 : time < LONG ? 60_000 : 3_600_000;
    Scale x = Scale.exact(0, time / unit, 10, false, left, WIDTH - RIGHT);
    out.open("figure", "class", "wide").open("figcaption").element("b", "Trials by slot and time");
    TrialMarks.colors(out, trials.begun().stream().map(this::kind).distinct().sorted().toList());
    out.close().open("div", "class", "scroll");
    out.open(
        "svg",
        "viewBox",
        "0 0 " + Scale.px(WIDTH) + " " + Scale.px(bottom + BOTTOM),
        "role",
        "img",
        "aria-label",
        "Trials by slot and time",
        "style",
        "min-width:900px",
        "class",
        "trials");
    axis(out, x, bottom, units + " since the start");
    double named = -1;
    for (int slot = 0; slot < rows; slot++) {
      double middle = TOP + (slot + 0.5) * row;
      if (middle - named >= 13) {
        named = middle;
        out.open("g", "class", "axis");
        String name = "slot " + slot;
        String y = Scale.px(middle + 4);
        out.element("text", name, "x", Scale.px(left - 8), "y", y, "class", "end").close();
      }
    }
    trials.begun().forEach(trial -> bar(out, trial, x, unit, row));
    out.close().close().close();
  }

  private TrialMarks kind(FrozenTrial trial) {
    return trials.isBest(trial) ? TrialMarks.BEST : TrialMarks.of(trial.state());
  }

  private static void axis(HtmlWriter out, Scale x, double bottom, String name) {
    out.open("g", "class", "grid");
    List<Double> ticks = x.ticks();
    for (double tick : ticks) {
      out.empty("path", "d", "M%s %sV%s".formatted(Scale.px(x.at(tick)), TOP, Scale.px(bottom)));
    }
    out.close();
    List<String> labels = x.labels();
    out.open("g", "class", "axis");
    for (int i = 0; i < labels.size(); i++) {
      Tick tick = Tick.of(ticks.get(i), labels.get(i));
      String at = Scale.px(x.at(tick.value()));
      out.element("text", tick.label(), "x", at, "y", Scale.px(bottom + 17), "class", "middle");
    }
    out.element(
        "text",
        name,
        "x",
        Scale.px((x.from() + x.to()) / 2),
        "y",
        Scale.px(bottom + 34),
        "class",
        "middle name");
    out.close();
  }

  private void bar(HtmlWriter out, FrozenTrial trial, Scale x, double unit, double row) {
    double from = x.at((trial.start() - trials.start()) / unit);
    double width = Math.max(1, x.at((trials.end(trial) - trials.start()) / unit) - from - 0.7);
    double top = TOP + trial.slot() * row + row * 0.08;
    String number = String.valueOf(trial.number());
    out.open("g", "class", "marks " + kind(trial).style());
    out.open(
        "rect",
        "class",
        "span",
        "data-trial",
        number,
        "x",
        Scale.px(from),
        "y",
        Scale.px(top),
        "width",
        Scale.px(width),
        "height",
        Scale.px(row * 0.84),
        "rx",
        width > 6 ? "2" : "0");
    out.element("title", trials.line(trial) + ", " + NumberFormat.duration(trials.took(trial)))
        .close();
    if (row > 20 && width > number.length() * DIGIT + 6) {
      String y = Scale.px(top + row * 0.42 + 4);
      out.element("text", number, "x", Scale.px(from + width / 2), "y", y, "class", "middle");
    }
    out.close();
  }
}
