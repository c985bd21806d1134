package org.sparkfinetune.report;

import java.util.List;
import org.sparkfinetune.tune.FrozenTrial;
import org.sparkfinetune.tune.TrialState;

/** How trials are marked in charts: a shape and a color a state, and one for the best. */
enum TrialMarks {
  /** Has its values. */
  COMPLETE("complete", "finished"),
  /** Has its values, and does not meet the constraints. */
  UNMET("constraints not met", "finished"),
  /** Stopped by the pruner. */
  PRUNED("pruned", "killed"),
  /** Failed, or without a number for a value. */
  FAILED("failed", "failed"),
  /** Runs, or is to run. */
  RUNNING("running", "running"),
  /** The best, or among those that none surpasses. */
  BEST("best", "best");

  /** From the lowest to the one that lies upon all. */
  static final List<TrialMarks> UPWARDS = List.of(FAILED, PRUNED, RUNNING, UNMET, COMPLETE, BEST);

  private final String title;
  private final String style;

  TrialMarks(String title, String style) {
    this.title = title;
    this.style = style;
  }

  static TrialMarks of(StudyTrials trials, FrozenTrial trial) {
    if (trials.isBest(trial)) {
      return BEST;
    }
    if (trial.state() == TrialState.COMPLETE) {
      boolean isNumber = Double.isFinite(trials.value(trial));
      return !isNumber ? FAILED : trial.violation() > 0 ? UNMET : COMPLETE;
    }
    return of(trial.state());
  }

  /** By state alone. */
  static TrialMarks of(TrialState state) {
    return switch (state) {
      case COMPLETE -> COMPLETE;
      case PRUNED -> PRUNED;
      case FAILED -> FAILED;
      case RUNNING, WAITING -> RUNNING;
    };
  }

  /** For the legend. */
  String title() {
    return title;
  }

  /** The class of report.css that has its color. */
  String style() {
    return style;
  }

  /** Draws the marks of one kind. */
  void group(HtmlWriter out, Runnable marks) {
    out.open("g", "class", "marks " + style);
    marks.run();
    out.close();
  }

  /** Draws one mark of a group; what it says is shown under the pointer. */
  void draw(HtmlWriter out, FrozenTrial trial, double x, double y, String says) {
    String number = String.valueOf(trial.number());
    switch (this) {
      case COMPLETE -> circle(out, "dot", x, y, "3.2", number);
      case BEST -> circle(out, "dot", x, y, "5", number);
      case UNMET, RUNNING -> circle(out, "ring", x, y, "3.4", number);
      case PRUNED -> path(out, "ring", "l3.6 4l-3.6 4l-3.6 -4Z", x, y - 4, number);
      case FAILED -> path(out, "ring", "l6 6m0 -6l-6 6", x - 3, y - 3, number);
    }
    out.element("title", says).close();
  }

  private static void circle(
      HtmlWriter out, String kind, double x, double y, String radius, String number) {
    String left = Scale.px(x);
    String top = Scale.px(y);
    out.open("circle", "class", kind, "data-trial", number, "cx", left, "cy", top, "r", radius);
  }

  private static void path(
      HtmlWriter out, String kind, String shape, double x, double y, String number) {
    String d = "M" + Scale.px(x) + " " + Scale.px(y) + shape;
    out.open("path", "class", kind, "data-trial", number, "d", d);
  }

  /** A legend of some kinds; nothing for a single one. */
  static void legend(HtmlWriter out, List<TrialMarks> kinds) {
    legend(out, kinds, false);
  }

  /** A legend of some kinds by color alone; nothing for a single one. */
  static void colors(HtmlWriter out, List<TrialMarks> kinds) {
    legend(out, kinds, true);
  }

  private static void legend(HtmlWriter out, List<TrialMarks> kinds, boolean colors) {
    if (kinds.size() < 2) {
      return;
    }
    out.open("ul", "class", "legend");
    for (TrialMarks kind : kinds) {
      out.open("li").open("svg", "class", "key", "viewBox", "0 0 22 10", "aria-hidden", "true");
      out.open("g", "class", "marks " + kind.style);
      if (colors) {
        out.empty("rect", "class", "span", "width", "22", "height", "10", "rx", "2");
      } else {
        kind.key(out);
      }
      out.close().close().element("span", kind.title).close();
    }
    out.close();
  }

  private void key(HtmlWriter out) {
    switch (this) {
      case COMPLETE, BEST -> out.empty("circle", "class", "dot", "cx", "11", "cy", "5", "r", "4");
      case UNMET, RUNNING ->
          out.empty("circle", "class", "ring", "cx", "11", "cy", "5", "r", "3.4");
      case PRUNED -> out.empty("path", "class", "ring", "d", "M11 1l3.6 4l-3.6 4l-3.6 -4Z");
      case FAILED -> out.empty("path", "class", "ring", "d", "M8 2l6 6m0 -6l-6 6");
    }
  }
}
