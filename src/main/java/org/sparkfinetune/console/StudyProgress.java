package org.sparkfinetune.console;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Timer;
import java.util.TimerTask;
import java.util.stream.Collectors;
import org.sparkfinetune.tune.FrozenTrial;
import org.sparkfinetune.tune.History;
import org.sparkfinetune.tune.Objective;
import org.sparkfinetune.tune.Study;
import org.sparkfinetune.tune.StudyRunner;
import org.sparkfinetune.tune.Trial;
import org.sparkfinetune.tune.TrialState;

/**
 * Shows where a study stands: a line for each trial that has ended and, below them on a terminal, a
 * bar; elsewhere a line now and then. Thread-safe.
 */
public final class StudyProgress implements StudyRunner.Listener, AutoCloseable {
  private static final int BAR = 20;
  private static final long BAR_EVERY_MILLIS = 1000;
  private static final long PLAIN_LINE_EVERY_MILLIS = 30_000;

  private final Console console;
  private final Study study;
  private final int parallelism;
  private final Timer timer = new Timer("study progress", true);

  public StudyProgress(Console console, Study study, int parallelism) {
    this.console = console;
    this.study = study;
    this.parallelism = parallelism;
    long every = console.columns().isPresent() ? BAR_EVERY_MILLIS : PLAIN_LINE_EVERY_MILLIS;
    TimerTask tick =
        new TimerTask() {
          @Override
          public void run() {
            tick();
          }
        };
    timer.schedule(tick, every, every);
  }

  private synchronized void tick() {
    if (console.columns().isPresent()) {
      bar();
    } else {
      console.line("%s", summary());
    }
  }

  @Override
  public synchronized void began(Trial trial) {
    bar();
  }

  @Override
  public synchronized void ended(FrozenTrial trial, Optional<Objective.Result> result) {
    if (console.columns().isPresent()) {
      console.redraw("");
    }
    console.line("%s", line(trial));
    bar();
  }

  private String line(FrozenTrial trial) {
    List<String> parts = new ArrayList<>();
    parts.add(
        String.format(
            Locale.ROOT,
            "trial %3d  %-8s",
            trial.number(),
            trial.state().name().toLowerCase(Locale.ROOT)));
    parts.add(
        trial.state() == TrialState.COMPLETE || trial.state() == TrialState.PRUNED
            ? String.format(Locale.ROOT, "%.4f", trial.value())
            : "      ");
    parts.add(ProgressBar.clock((trial.end() - trial.start()) / 1000.0));
    parts.add(settings(trial.params()));
    if (!trial.reason().isEmpty()) {
      parts.add("(" + trial.reason() + ")");
    } else if (study.history().best().map(FrozenTrial::number).orElse(-1) == trial.number()) {
      parts.add("(best so far)");
    }
    return String.join("  ", parts);
  }

  /** The parameters by the last part of their names, as {@code learning_rate=2e-4}. */
  static String settings(Map<String, Object> params) {
    return params.entrySet().stream()
        .map(
            entry ->
                entry.getKey().substring(entry.getKey().lastIndexOf('.') + 1)
                    + "="
                    + value(entry.getValue()))
        .collect(Collectors.joining(" "));
  }

  private static String value(Object value) {
    return value instanceof Double number
        ? String.format(Locale.ROOT, "%.3g", number).replaceFirst("\\.?0+(e|$)", "$1")
        : String.valueOf(value);
  }

  private void bar() {
    if (console.columns().isEmpty()) {
      return;
    }
    String line = summary();
    int done = (int) finished(study.history());
    int filled = Math.min(BAR, BAR * done / Math.max(1, study.limit()));
    String text = "[" + "#".repeat(filled) + ".".repeat(BAR - filled) + "]  " + line;
    console.redraw(text.substring(0, Math.min(text.length(), console.columns().getAsInt() - 1)));
  }

  /** Trials done, running, pruned and failed, the best so far, and the time left. */
  String summary() {
    History history = study.history();
    List<String> parts = new ArrayList<>();
    parts.add("trials " + finished(history) + "/" + study.limit());
    for (TrialState state : List.of(TrialState.RUNNING, TrialState.PRUNED, TrialState.FAILED)) {
      parts.add(state.name().toLowerCase(Locale.ROOT) + " " + history.in(state).size());
    }
    history
        .best()
        .ifPresent(
            best ->
                parts.add(
                    String.format(
                        Locale.ROOT, "best %.4f (trial %d)", best.value(), best.number())));
    double left = millisLeft(history);
    if (left > 0) {
      parts.add("ETA " + ProgressBar.clock(left / 1000));
    }
    return String.join("  ", parts);
  }

  private static long finished(History history) {
    return history.trials().stream().filter(trial -> trial.state().isFinished()).count();
  }

  /** By the mean time of those that have ended. */
  private double millisLeft(History history) {
    double mean =
        history.trials().stream()
            .filter(trial -> trial.state().isFinished())
            .mapToLong(trial -> trial.end() - trial.start())
            .average()
            .orElse(Double.NaN);
    long now = System.currentTimeMillis();
    double begun =
        history.in(TrialState.RUNNING).stream()
            .mapToDouble(trial -> Math.min(mean, now - trial.start()))
            .sum();
    return (mean * (study.limit() - finished(history)) - begun) / parallelism;
  }

  /** Ends the line, so that what is printed next starts on one of its own. */
  @Override
  public synchronized void close() {
    timer.cancel();
    if (console.columns().isPresent()) {
      console.text("\n");
    }
  }
}
