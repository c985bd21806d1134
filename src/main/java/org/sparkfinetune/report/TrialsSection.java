package org.sparkfinetune.report;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.sparkfinetune.report.Table.Cell;
import org.sparkfinetune.text.NumberFormat;
import org.sparkfinetune.tune.FrozenTrial;
import org.sparkfinetune.tune.TrialState;

/** Tables of all trials, and of why some failed. */
final class TrialsSection {
  /** More are shown by a click. */
  private static final int MANY = 40;

  private static final int SHOWN = 20;

  /** So many numbers of trials that failed alike. */
  private static final int NUMBERS = 15;

  private final StudyTrials trials;
  private final List<String> params;
  private final boolean hasConstraints;

  TrialsSection(StudyTrials trials) {
    this.trials = trials;
    params = trials.names().stream().filter(this::isVaried).toList();
    hasConstraints = trials.all().stream().anyMatch(trial -> !trial.constraints().isEmpty());
  }

  /** Whether trials differ in it. */
  private boolean isVaried(String name) {
    return trials.all().stream()
            .map(trial -> Objects.toString(trial.params().get(name)))
            .distinct()
            .count()
        > 1;
  }

  void render(HtmlWriter out) {
    List<FrozenTrial> ranked = trials.ranked();
    if (ranked.size() <= MANY) {
      table(ranked).render(out);
      return;
    }
    out.element("p", "The first %s of %s.".formatted(SHOWN, NumberFormat.grouped(ranked.size())));
    table(ranked.subList(0, SHOWN)).render(out);
    out.open("details");
    out.element("summary", "All %s trials".formatted(NumberFormat.grouped(ranked.size())));
    table(ranked).render(out);
    out.close();
  }

  /** A row a trial. */
  Table table(List<FrozenTrial> shown) {
    List<String> head = new ArrayList<>(List.of("trial", "state"));
    head.addAll(trials.input().objectives());
    if (hasConstraints) {
      head.add("beyond constraints by");
    }
    params.forEach(name -> head.add(trials.shortName(name)));
    head.addAll(List.of("took", "slot", "last step", "reason"));
    Table table = new Table(head.toArray(String[]::new)).numbers(2, head.size() - 1);
    shown.forEach(trial -> table.row(row(trial)));
    return table;
  }

  private List<Cell> row(FrozenTrial trial) {
    String kind = trials.isBest(trial) ? "better" : "";
    List<Cell> row = new ArrayList<>();
    String run = trials.input().runs().getOrDefault(trial.number(), "");
    row.add(new Cell(String.valueOf(trial.number()), kind, Double.NaN, run));
    row.add(
        new Cell(
            StudyTrials.name(trial.state()), TrialMarks.of(trial.state()).style(), Double.NaN));
    for (int i = 0; i < trials.input().objectives().size(); i++) {
      row.add(new Cell(value(trial, i), kind, Double.NaN));
    }
    if (hasConstraints) {
      boolean measured = !trial.constraints().isEmpty();
      row.add(Cell.of(measured ? NumberFormat.metric(trial.violation()) : ""));
    }
    for (String name : params) {
      Object value = trial.params().get(name);
      row.add(Cell.of(value == null ? "" : ParamAxis.text(value)));
    }
    row.add(Cell.of(trials.took(trial) > 0 ? NumberFormat.duration(trials.took(trial)) : ""));
    row.add(Cell.of(trial.slot() >= 0 ? String.valueOf(trial.slot()) : ""));
    row.add(
        Cell.of(
            trial.lastStep().isPresent() ? NumberFormat.grouped(trial.lastStep().getAsInt()) : ""));
    row.add(Cell.of(trial.reason()));
    return row;
  }

  /** The value that stands for a trial; of several, only complete trials have the others. */
  private String value(FrozenTrial trial, int objective) {
    if (trial.state() == TrialState.COMPLETE) {
      return NumberFormat.metric(trials.value(trial, objective));
    }
    double value = objective == 0 ? trials.value(trial) : Double.NaN;
    return Double.isNaN(value) ? "" : NumberFormat.metric(value);
  }

  /** Whether a trial failed. */
  boolean hasFailures() {
    return trials.count(TrialState.FAILED) > 0;
  }

  /** Each reason once, the most frequent first. */
  void failures(HtmlWriter out) {
    Map<String, List<FrozenTrial>> byReason =
        trials.input().history().in(TrialState.FAILED).stream()
            .collect(
                Collectors.groupingBy(
                    FrozenTrial::reason, LinkedHashMap::new, Collectors.toList()));
    Table table = new Table("reason", "failures", "trials").numbers(1, 2);
    byReason.entrySet().stream()
        .sorted(
            Comparator.comparingInt(
                (Map.Entry<String, List<FrozenTrial>> e) -> -e.getValue().size()))
        .forEach(
            entry ->
                table.row(
                    entry.getKey().isBlank() ? "not known" : entry.getKey(),
                    NumberFormat.grouped(entry.getValue().size()),
                    numbers(entry.getValue())));
    table.render(out);
  }

  private static String numbers(List<FrozenTrial> some) {
    String numbers =
        some.stream()
            .limit(NUMBERS)
            .map(trial -> String.valueOf(trial.number()))
            .collect(Collectors.joining(", "));
    return some.size() > NUMBERS ? numbers + ", …" : numbers;
  }
}
