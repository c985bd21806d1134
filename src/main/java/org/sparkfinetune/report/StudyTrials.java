package org.sparkfinetune.report;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.sparkfinetune.text.NumberFormat;
import org.sparkfinetune.tune.Direction;
import org.sparkfinetune.tune.Distribution;
import org.sparkfinetune.tune.FrozenTrial;
import org.sparkfinetune.tune.ParetoFront;
import org.sparkfinetune.tune.SearchSpace.Parameter;
import org.sparkfinetune.tune.TrialState;

/** A study's trials as the parts of its report want to know them. */
final class StudyTrials {
  /** The classes {@code v0}, {@code v1}, ... of report.css, from the worst to the best. */
  static final int SHADES = 8;

  /** The order of trials in tables. */
  private static final List<TrialState> STATES =
      List.of(
          TrialState.COMPLETE,
          TrialState.PRUNED,
          TrialState.RUNNING,
          TrialState.FAILED,
          TrialState.WAITING);

  private final StudyReportInput input;
  private final List<FrozenTrial> front;
  private final Set<Integer> best = new HashSet<>();
  private final Map<Integer, Integer> shades = new HashMap<>();
  private final List<String> names;
  private final List<ParamAxis> axes;

  StudyTrials(StudyReportInput input) {
    this.input = input;
    front =
        isSingle()
            ? List.of()
            : ParetoFront.of(input.history()).stream().sorted(byValue()).toList();
    best().ifPresent(trial -> best.add(trial.number()));
    front.forEach(trial -> best.add(trial.number()));
    names = paramNames();
    axes = names.stream().map(this::axis).flatMap(Optional::stream).toList();
    List<FrozenTrial> worstFirst =
        all().stream()
            .filter(trial -> Double.isFinite(value(trial)))
            .sorted(byValue().reversed())
            .toList();
    for (int i = 0; i < worstFirst.size(); i++) {
      shades.put(worstFirst.get(i).number(), (i + 1) * SHADES / (worstFirst.size() + 1));
    }
  }

  List<FrozenTrial> all() {
    return input.history().trials();
  }

  StudyReportInput input() {
    return input;
  }

  Direction direction() {
    return input.history().direction();
  }

  String objective() {
    return input.objectives().get(0);
  }

  boolean isSingle() {
    return input.objectives().size() == 1;
  }

  /**
   * A trial's value of the first objective, or the last on the way to it where it was pruned or
   * runs; NaN for none.
   */
  double value(FrozenTrial trial) {
    if (trial.state() == TrialState.COMPLETE) {
      return value(trial, 0);
    }
    boolean counts = trial.state() == TrialState.PRUNED || trial.state() == TrialState.RUNNING;
    return counts && trial.lastStep().isPresent()
        ? trial.intermediateValues().get(trial.lastStep().getAsInt())
        : Double.NaN;
  }

  /** A complete trial's value of an objective; NaN for none. */
  double value(FrozenTrial trial, int objective) {
    return objective < trial.values().size() ? trial.values().get(objective) : Double.NaN;
  }

  /** Better values first; NaN last. */
  Comparator<FrozenTrial> byValue() {
    return Comparator.comparingDouble(trial -> direction().loss(value(trial)));
  }

  /** In the order of tables: by state, and in it the best first. */
  List<FrozenTrial> ranked() {
    return all().stream()
        .sorted(
            Comparator.comparing((FrozenTrial trial) -> STATES.indexOf(trial.state()))
                .thenComparing(trial -> trial.violation() > 0)
                .thenComparing(byValue()))
        .toList();
  }

  /** The best trial, where one has a value that is a number. */
  Optional<FrozenTrial> best() {
    return input.history().best().filter(trial -> !Double.isNaN(value(trial)));
  }

  /** Whether it is the best, or one of those of several objectives that none surpasses. */
  boolean isBest(FrozenTrial trial) {
    return best.contains(trial.number());
  }

  /** Of several objectives, the complete trials that no other surpasses, best first; else none. */
  List<FrozenTrial> front() {
    return front;
  }

  /** The class of a trial's color by the rank of its value; empty for no value. */
  String shade(FrozenTrial trial) {
    Integer shade = shades.get(trial.number());
    return shade == null ? "" : "v" + shade;
  }

  /** The axes of the parameters that have more than one value. */
  List<ParamAxis> axes() {
    return axes;
  }

  /** The parameters' names: those of the search space, and those that only trials have. */
  List<String> names() {
    return names;
  }

  /** A parameter's name without its section, where no other has the same. */
  String shortName(String name) {
    String last = afterDot(name);
    return names.stream().filter(other -> afterDot(other).equals(last)).count() > 1 ? name : last;
  }

  private static String afterDot(String name) {
    String last = name.substring(name.lastIndexOf('.') + 1);
    return last.isBlank() ? name : last;
  }

  private List<String> paramNames() {
    Set<String> all = new LinkedHashSet<>(input.space().names());
    all().forEach(trial -> all.addAll(trial.params().keySet()));
    return List.copyOf(all);
  }

  private Optional<ParamAxis> axis(String name) {
    List<Object> values =
        all().stream()
            .map(trial -> trial.params().get(name))
            .filter(Objects::nonNull)
            .distinct()
            .toList();
    Optional<Distribution> distribution =
        input.space().parameters().stream()
            .filter(parameter -> parameter.name().equals(name))
            .map(Parameter::distribution)
            .findFirst();
    return ParamAxis.of(name, distribution, values);
  }

  /** How many trials are in a state. */
  int count(TrialState state) {
    return input.history().in(state).size();
  }

  /** How many trials are in each state that there is, in words. */
  String counts() {
    List<String> counts = new ArrayList<>();
    for (TrialState state : STATES) {
      if (count(state) > 0) {
        counts.add(NumberFormat.grouped(count(state)) + " " + name(state));
      }
    }
    return String.join(", ", counts);
  }

  /** The trials that run or ran, each with a place; not those that have to run again. */
  List<FrozenTrial> begun() {
    return all().stream().filter(StudyTrials::hasBegun).toList();
  }

  private static boolean hasBegun(FrozenTrial trial) {
    return trial.start() > 0 && trial.slot() >= 0 && trial.state() != TrialState.WAITING;
  }

  /** When the first trial began; 0 before. */
  long start() {
    return begun().stream().mapToLong(FrozenTrial::start).min().orElse(0);
  }

  /** When the last trial ended, or now, while one runs; 0 before. */
  long end() {
    return begun().stream().mapToLong(this::end).max().orElse(0);
  }

  /** When a trial ended, or now, while it runs. */
  long end(FrozenTrial trial) {
    return Math.max(trial.start(), trial.end() > 0 ? trial.end() : input.time());
  }

  /** How long a trial has run, in milliseconds; 0 before it began. */
  long took(FrozenTrial trial) {
    return hasBegun(trial) ? end(trial) - trial.start() : 0;
  }

  /** How long all trials have run, one after the other. */
  long compute() {
    return begun().stream().mapToLong(this::took).sum();
  }

  /** How many places there are. */
  int slots() {
    int used = begun().stream().mapToInt(trial -> trial.slot() + 1).max().orElse(0);
    return Math.max(input.slots(), used);
  }

  /** The share of all places' time, from the first start to the last end, in which trials ran. */
  double busyShare() {
    long time = slots() * (end() - start());
    return time > 0 ? compute() / (double) time : Double.NaN;
  }

  /** A trial in one line. */
  String line(FrozenTrial trial) {
    double value = value(trial);
    String what = Double.isNaN(value) ? "" : ", " + objective() + " " + NumberFormat.metric(value);
    return "trial " + trial.number() + ", " + name(trial.state()) + what;
  }

  /** A trial with its values and parameters, one a line. */
  String lines(FrozenTrial trial) {
    StringBuilder lines = new StringBuilder(line(trial));
    for (int i = 1; i < trial.values().size() && i < input.objectives().size(); i++) {
      lines.append('\n').append(input.objectives().get(i)).append(' ');
      lines.append(NumberFormat.metric(trial.values().get(i)));
    }
    new LinkedHashMap<>(trial.params())
        .forEach(
            (name, value) ->
                lines.append('\n').append(name).append(' ').append(ParamAxis.text(value)));
    return lines.toString();
  }

  /** A state in a word. */
  static String name(TrialState state) {
    return state.name().toLowerCase(Locale.ROOT);
  }
}
