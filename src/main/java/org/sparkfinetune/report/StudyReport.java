package org.sparkfinetune.report;

import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map.Entry;
import java.util.Optional;
import org.sparkfinetune.report.Table.Cell;
import org.sparkfinetune.text.NumberFormat;
import org.sparkfinetune.track.RunStatus;
import org.sparkfinetune.tune.Direction;
import org.sparkfinetune.tune.FrozenTrial;
import org.sparkfinetune.tune.TrialState;

/** The report of a study: what was tried, what came of it, and what the parameters have to do. */
public final class StudyReport {
  private final StudyReportInput input;
  private final StudyTrials trials;

  private StudyReport(StudyReportInput input) {
    this.input = input;
    this.trials = new StudyTrials(input);
  }

  /** An HTML file. */
  public static String html(StudyReportInput input) {
    return HtmlPage.html(input.name(), new StudyReport(input)::write);
  }

  private void write(HtmlWriter out) {
    header(out);
    tiles(out);
    if (!trials.isSingle() && trials.count(TrialState.COMPLETE) > 0) {
      HtmlPage.section(
          out,
          "Pareto front",
          inner -> {
            new ParetoSection(trials).render(inner);
            if (!trials.front().isEmpty()) {
              new TrialsSection(trials).table(trials.front()).render(inner);
            }
          });
    }
    best(out);
    boolean hasValues =
        trials.all().stream().anyMatch(trial -> Double.isFinite(trials.value(trial)));
    if (hasValues) {
      HtmlPage.section(
          out,
          "History",
          inner -> {
            inner.open("div", "class", "charts");
            new HistoryChart(trials).render(inner);
            new IntermediateChart(trials).render(inner);
            inner.close();
          });
    } else {
      out.element("p", "No trial has a number for a value yet.", "class", "note");
    }
    boolean hasParameters = hasValues && !trials.axes().isEmpty();
    if (hasParameters || !input.importances().isEmpty()) {
      HtmlPage.section(out, "Parameters", this::parameters);
    }
    if (!trials.begun().isEmpty()) {
      HtmlPage.section(out, "Slots", new TimelineSection(trials)::render);
    }
    TrialsSection tables = new TrialsSection(trials);
    if (tables.hasFailures()) {
      HtmlPage.section(out, "Failures", tables::failures);
    }
    if (!trials.all().isEmpty()) {
      HtmlPage.section(out, "Trials", tables::render);
    }
    HtmlPage.footer(out);
  }

  private void header(HtmlWriter out) {
    out.open("header").open("h1").element("bdi", input.name());
    RunSummary.badge(out, status());
    out.close().open("dl", "class", "facts");
    fact(out, "objective", objectives());
    if (trials.start() > 0) {
      fact(out, "started", NumberFormat.time(trials.start(), ZoneOffset.UTC) + " UTC");
    }
    fact(out, "slots", NumberFormat.grouped(trials.slots()));
    input.facts().forEach((name, value) -> fact(out, name, value));
    out.close().close();
  }

  private RunStatus status() {
    if (trials.count(TrialState.RUNNING) + trials.count(TrialState.WAITING) > 0
        || trials.all().isEmpty()) {
      return RunStatus.RUNNING;
    }
    boolean allFailed = trials.count(TrialState.FAILED) == trials.all().size();
    return allFailed ? RunStatus.FAILED : RunStatus.FINISHED;
  }

  private String objectives() {
    List<String> objectives = new ArrayList<>();
    for (int i = 0; i < input.objectives().size(); i++) {
      boolean more = input.history().directions().get(i) == Direction.MAXIMIZE;
      objectives.add((more ? "largest " : "smallest ") + input.objectives().get(i));
    }
    return String.join(", ", objectives);
  }

  private static void fact(HtmlWriter out, String name, String value) {
    out.open("div").element("dt", name).open("dd").element("bdi", value).close().close();
  }

  private void tiles(HtmlWriter out) {
    out.open("ul", "class", "tiles");
    for (int i = 0; i < input.objectives().size(); i++) {
      int objective = i;
      Direction direction = input.history().directions().get(i);
      trials.best().stream()
          .flatMap(one -> trials.isSingle() ? trials.best().stream() : trials.front().stream())
          .min(Comparator.comparingDouble(trial -> direction.loss(trials.value(trial, objective))))
          .ifPresent(
              trial ->
                  tile(
                      out,
                      "best " + input.objectives().get(objective),
                      NumberFormat.metric(trials.value(trial, objective)),
                      "trial " + trial.number()));
    }
    tile(out, "trials", NumberFormat.grouped(trials.all().size()), trials.counts());
    if (!trials.begun().isEmpty()) {
      tile(out, "wall time", NumberFormat.duration(trials.end() - trials.start()), "");
      tile(
          out,
          "compute",
          NumberFormat.duration(trials.compute()),
          "all trials' run times together");
      double share = trials.busyShare();
      if (Double.isFinite(share)) {
        String of = trials.slots() == 1 ? "of one slot" : "of " + trials.slots() + " slots";
        tile(out, "busy", NumberFormat.fixed(100 * share, 1) + " %", of);
      }
    }
    out.close();
  }

  private static void tile(HtmlWriter out, String name, String value, String note) {
    out.open("li").element("span", name, "class", "quiet").element("b", value);
    if (!note.isEmpty()) {
      out.element("span", note, "class", "quiet");
    }
    out.close();
  }

  /** The best trial of a single objective; of several, the Pareto front says it. */
  private void best(HtmlWriter out) {
    Optional<FrozenTrial> best = trials.best().filter(trial -> trials.isSingle());
    if (best.isPresent() || !input.links().isEmpty()) {
      HtmlPage.section(
          out,
          best.isPresent() ? "Best trial" : "Files",
          inner -> {
            best.ifPresent(trial -> bestTrial(trial).render(inner));
            links(inner);
          });
    }
  }

  private Table bestTrial(FrozenTrial trial) {
    Table table = new Table("parameter", "trial " + trial.number());
    trial
        .params()
        .forEach(
            (name, value) ->
                table.row(
                    List.of(
                        Cell.of(name), new Cell(ParamAxis.exact(value), "better", Double.NaN))));
    return table;
  }

  private void links(HtmlWriter out) {
    if (input.links().isEmpty()) {
      return;
    }
    out.open("dl", "class", "facts links");
    input
        .links()
        .forEach(
            (name, address) -> {
              out.open("div").element("dt", name).open("dd").open("bdi");
              if (SafeLinks.isSafe(address)) {
                out.element("a", address, "href", address);
              } else {
                out.text(address);
              }
              out.close().close().close();
            });
    out.close();
  }

  private void parameters(HtmlWriter out) {
    importances(out);
    ParallelChart parallel = new ParallelChart(trials);
    if (!parallel.isEmpty()) {
      parallel.render(out);
    }
    List<String> byImportance = sortedImportances().stream().map(Entry::getKey).toList();
    List<ParamAxis> axes = new ArrayList<>(trials.axes());
    axes.sort(
        Comparator.comparingInt(
            axis -> {
              int rank = byImportance.indexOf(axis.name());
              return rank < 0 ? byImportance.size() : rank;
            }));
    new SlicesSection(trials).render(out, axes);
  }

  private List<Entry<String, Double>> sortedImportances() {
    return input.importances().entrySet().stream()
        .sorted(
            Comparator.comparingDouble(
                entry -> Double.isNaN(entry.getValue()) ? 1 : -entry.getValue()))
        .toList();
  }

  private void importances(HtmlWriter out) {
    if (input.importances().isEmpty()) {
      return;
    }
    double largest =
        input.importances().values().stream()
            .filter(Double::isFinite)
            .mapToDouble(v -> v)
            .max()
            .orElse(0);
    Table table = new Table("parameter", "importance for " + trials.objective()).numbers(1);
    for (Entry<String, Double> entry : sortedImportances()) {
      double value = entry.getValue();
      String text =
          Double.isFinite(value) ? NumberFormat.fixed(value, 3) : NumberFormat.metric(value);
      table.row(
          List.of(Cell.of(entry.getKey()), Cell.bar(text, largest > 0 ? value / largest : 0)));
    }
    out.open("div", "class", "importances");
    table.render(out);
    out.close();
  }
}
