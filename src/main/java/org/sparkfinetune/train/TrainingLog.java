package org.sparkfinetune.train;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What a training reports, and to whom. */
final class TrainingLog {
  /** Entries that progress carries: at one a step, those of some seconds. */
  private static final int NEWEST_ENTRIES = 1024;

  private final TrainerListener listener;
  private final List<LogEntry> history = new ArrayList<>();

  /** Replaced as a whole: most steps report what was reported before. */
  private List<LogEntry> newestEntries = List.of();

  private final List<String> notes = new ArrayList<>();
  private Map<String, Double> newest = Map.of();
  private StepPlan plan;
  private long begin;
  private long rows;
  private double earlierSeconds;
  private long trainingNanos;

  TrainingLog(TrainerListener listener) {
    this.listener = listener;
  }

  void begin(StepPlan newPlan) {
    plan = newPlan;
    begin = System.nanoTime();
  }

  /** Tells the listener what is going to be done. */
  void planned(TrainingPlan whole) {
    listener.onTrainBegin(whole);
  }

  /** Counts a step of so many rows. */
  void progress(int stepRows, long nanos) {
    rows += stepRows;
    trainingNanos += nanos;
  }

  /** Adds an entry. */
  void add(int step, double epoch, Map<String, Double> values) {
    long now = System.currentTimeMillis();
    append(new LogEntry(history.size(), now, step, epoch, new LinkedHashMap<>(values)));
    Map<String, Double> merged = new LinkedHashMap<>(newest);
    merged.putAll(values);
    newest = merged;
  }

  /** Adds what the user should know, in words. */
  void note(String text) {
    notes.add(text);
  }

  /** Tells the listener where the training stands. */
  void report(int step) {
    double seconds = trainingNanos / 1e9;
    listener.onProgress(
        new TrainingProgress(
            step,
            plan.totalSteps(),
            plan.epoch(step),
            rows / seconds,
            newest,
            List.copyOf(notes),
            newestEntries));
  }

  /** Goes on behind entries of before, which took so long. */
  void resume(List<LogEntry> entries, double seconds) {
    entries.forEach(this::append);
    earlierSeconds = seconds;
  }

  private void append(LogEntry entry) {
    history.add(entry);
    int first = Math.max(0, history.size() - NEWEST_ENTRIES);
    newestEntries = List.copyOf(history.subList(first, history.size()));
  }

  List<LogEntry> history() {
    return List.copyOf(history);
  }

  /** What the training took so far, with what came before a resumption. */
  double seconds() {
    return earlierSeconds + (System.nanoTime() - begin) / 1e9;
  }
}
