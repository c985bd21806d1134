package org.sparkfinetune.train;

import java.io.Serializable;
import java.util.List;
import java.util.Map;
import org.sparkfinetune.PublicApi;

/**
 * Where a training stands.
 *
 * @param step optimizer steps done
 * @param totalSteps optimizer steps in all; 0 before they are known
 * @param epoch passes done, in fractions
 * @param samplesPerSecond rows a second since the start, evaluation left out
 * @param logs the newest values: {@code loss}, {@code learning_rate}, {@code eval_accuracy}, ...
 * @param notes what the user should know, so far: which checkpoint it went on from, for example
 * @param entries the newest entries of the log: as many as may have come since whoever asks now and
 *     then has asked
 */
@PublicApi
public record TrainingProgress(
    int step,
    int totalSteps,
    double epoch,
    double samplesPerSecond,
    Map<String, Double> logs,
    List<String> notes,
    List<LogEntry> entries)
    implements Serializable {
  /** Without notes and entries. */
  public TrainingProgress(
      int step, int totalSteps, double epoch, double samplesPerSecond, Map<String, Double> logs) {
    this(step, totalSteps, epoch, samplesPerSecond, logs, List.of(), List.of());
  }

  /** The same with other notes. */
  public TrainingProgress withNotes(List<String> newNotes) {
    return new TrainingProgress(step, totalSteps, epoch, samplesPerSecond, logs, newNotes, entries);
  }
}
