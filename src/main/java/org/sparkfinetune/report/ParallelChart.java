package org.sparkfinetune.report;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.sparkfinetune.text.TextWidth;
import org.sparkfinetune.tune.Direction;
import org.sparkfinetune.tune.FrozenTrial;
import org.sparkfinetune.tune.TrialState;

/**
 * Parallel coordinates: an upright axis a parameter, and at the end one an objective; a line a
 * trial, the better its value, the stronger and the further on top.
 */
final class ParallelChart {
  private static final int HEIGHT = 360;
  private static final int TOP = 52;
  private static final int BOTTOM = 16;

  /** Below the axes, for trials without the parameter. */
  private static final int MISSING = 26;

  private static final double WIDEST = 240;
  private static final double NARROWEST = 96;
  private static final double FULL = 1184;

  /** Drawn smaller than this share of its size, it could not be read, and is scrolled. */
  private static final double READABLE = 0.8;

  private static final double DIGIT = 6.7;
  private static final double REACH = 6;

  /** At most so much is free to the right of the last axis. */
  private static final double RIGHT = 90;

  /** At most so many letters have the names of the first and the last axis. */
  private static final int EDGE = 26;

  private static final int MANY = 100;

  /** An axis: where it stands and where each trial crosses it. */
  private record Column(
      String name, String shortName, Scale scale, List<String> labels, Place place) {}

  /** Where a trial crosses an axis; NaN for nowhere. */
  @FunctionalInterface
  private interface Place {
    double of(FrozenTrial trial);
  }

  private final StudyTrials trials;
  private final List<FrozenTrial> shown;
  private final List<Column> columns = new ArrayList<>();
  private final boolean hasMissing;
  private final double bottom;

  ParallelChart(StudyTrials trials) {
    this.trials = trials;
    shown =
        trials.all().stream()
            .filter(trial -> trial.state().isFinished() && Double.isFinite(trials.value(trial)))
            .sorted(Comparator.comparing(trials::isBest).thenComparing(trials.byValue().reversed()))
            .toList();
    hasMissing = shown.stream().anyMatch(this::isMissingSomewhere);
    bottom = HEIGHT - BOTTOM - (hasMissing ? MISSING : 0);
    for (ParamAxis axis : trials.axes()) {
      Scale scale = axis.scale(6, bottom, TOP);
      columns.add(
          new Column(
              axis.name(),
              trials.shortName(axis.name()),
              scale,
              axis.isCategorical() ? axis.choices() : scale.labels(),
              trial -> axis.place(trial.params())));
    }
    for (int i = 0; i < trials.input().objectives().size() && !shown.isEmpty(); i++) {
      objective(i);
    }
  }

  private boolean isMissingSomewhere(FrozenTrial trial) {
    return trials.axes().stream().anyMatch(axis -> Double.isNaN(axis.place(trial.params())))
        || IntStream.range(1, trials.input().objectives().size())
            .anyMatch(objective -> Double.isNaN(trials.value(trial, objective)));
  }

  private void objective(int index) {
    Place place = index == 0 ? trials::value : trial -> trials.value(trial, index);
    double[] values = shown.stream().mapToDouble(place::of).filter(Double::isFinite).toArray();
    if (values.length > 0) {
      Direction direction = trials.input().history().directions().get(index);
      Scale scale = ValueScale.of(values, direction, REACH, 6, bottom, TOP);
      String name = trials.input().objectives().get(index);
      columns.add(new Column(name, name, scale, scale.labels(), place));
    }
  }

  /** Whether there is anything to draw. */
  boolean isEmpty() {
    return shown.isEmpty() || trials.axes().isEmpty();
  }

  void render(HtmlWriter out) {
    int first = columns.get(0).labels().stream().mapToInt(TextWidth::width).max().orElse(1);
    int last = TextWidth.width(columns.get(columns.size() - 1).shortName());
    double left = Math.max(44, 14 + DIGIT * Math.min(first, 20));
    double right = Math.min(RIGHT, Math.max(40, 8 + DIGIT * last / 2));
    int gaps = columns.size() - 1;
    double gap = Math.min(WIDEST, Math.max(NARROWEST, (FULL - left - right) / gaps));
    double width = left + gaps * gap + right;
    out.open("figure", "class", "wide").open("figcaption").element("b", "Parallel coordinates");
    legend(out);
    out.close().open("div", "class", "scroll");
    out.open(
        "svg",
        "viewBox",
        "0 0 " + Scale.px(width) + " " + HEIGHT,
        "role",
        "img",
        "aria-label",
        "Parallel coordinates",
        "style",
        "width:%spx;min-width:%spx".formatted(Scale.px(width), Scale.px(READABLE * width)),
        "class",
        (trials.isSingle() ? "trials " : "trials several ") + Scatter.crowd(shown.size(), MANY));
    out.open("g", "class", "axis");
    for (int i = 0; i < columns.size(); i++) {
      out.empty(
          "path", "d", "M%s %sV%s".formatted(Scale.px(left + i * gap), TOP, Scale.px(bottom)));
    }
    out.close().open("g", "class", "ways");
    shown.forEach(trial -> line(out, trial, left, gap));
    out.close().open("g", "class", "axis over");
    for (int i = 0; i < columns.size(); i++) {
      labels(out, i, left + i * gap, gap);
    }
    out.close().close().close().close();
  }

  private void legend(HtmlWriter out) {
    out.open("span", "class", "quiet")
        .text("colored by rank of " + trials.objective() + ": worst ");
    out.open("svg", "class", "ramp", "viewBox", "0 0 96 10", "aria-hidden", "true");
    for (int i = 0; i < StudyTrials.SHADES; i++) {
      out.empty(
          "rect",
          "class",
          "v" + i,
          "x",
          String.valueOf(12 * i),
          "y",
          "0",
          "width",
          "12",
          "height",
          "10");
    }
    out.close().text(" best").close();
    if (!trials.input().history().in(TrialState.PRUNED).isEmpty()) {
      out.element("span", "pruned ones broken, by their last value", "class", "quiet");
    }
  }

  private void line(HtmlWriter out, FrozenTrial trial, double left, double gap) {
    StringBuilder path = new StringBuilder();
    for (int i = 0; i < columns.size(); i++) {
      Column column = columns.get(i);
      double value = column.place().of(trial);
      double y = Double.isNaN(value) ? HEIGHT - BOTTOM - 4 : column.scale().at(value);
      path.append(i == 0 ? 'M' : 'L').append(Scale.px(left + i * gap)).append(' ');
      path.append(Scale.px(y));
    }
    boolean pruned = TrialMarks.of(trials, trial) == TrialMarks.PRUNED;
    String kind =
        trials.isBest(trial) ? "line best" : "line " + trials.shade(trial) + (pruned ? " cut" : "");
    String number = String.valueOf(trial.number());
    out.open("path", "class", kind, "data-trial", number, "d", path.toString());
    out.element("title", trials.line(trial)).close();
  }

  private void labels(HtmlWriter out, int index, double x, double gap) {
    Column column = columns.get(index);
    // In two rows by turns: each has the room of two.
    boolean turns =
        columns.stream().anyMatch(c -> TextWidth.width(c.shortName()) * DIGIT > gap - 8);
    double top = turns && index % 2 == 0 ? 14 : 32;
    int room = (int) ((turns ? 2 : 1) * gap / DIGIT) - 2;
    boolean first = index == 0;
    boolean last = index == columns.size() - 1;
    String name =
        TextWidth.shortened(column.shortName(), first || last ? Math.min(room, EDGE) : room);
    // Those at the edges stay inside of the picture.
    double half = TextWidth.width(name) * DIGIT / 2;
    double at = first ? Math.max(2, x - half) : last ? x + Math.min(RIGHT, half) : x;
    String side = first ? "start" : last ? "end" : "middle";
    out.open("text", "x", Scale.px(at), "y", Scale.px(top), "class", side + " name");
    out.text(name).element("title", column.name()).close();
    double free = Double.POSITIVE_INFINITY;
    for (int i = 0; i < column.labels().size(); i++) {
      double y = column.scale().at(column.scale().ticks().get(i));
      if (free - y < 13) {
        continue;
      }
      free = y;
      out.empty("path", "d", "M%s %sh-4".formatted(Scale.px(x), Scale.px(y)));
      String label =
          TextWidth.shortened(column.labels().get(i), (int) (Math.min(gap, 150) / DIGIT) - 3);
      out.open("text", "x", Scale.px(x - 7), "y", Scale.px(y + 4), "class", "end").text(label);
      out.element("title", column.labels().get(i)).close();
    }
    if (hasMissing && shown.stream().anyMatch(t -> Double.isNaN(column.place().of(t)))) {
      String y = Scale.px(HEIGHT - BOTTOM);
      String none = index < trials.axes().size() ? "not set" : "no value";
      out.element("text", none, "x", Scale.px(x - 7), "y", y, "class", "end");
    }
  }
}
