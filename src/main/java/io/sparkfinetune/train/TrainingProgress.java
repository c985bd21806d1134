package io.sparkfinetune.train;

import java.io.Serializable;
import java.util.List;
import java.util.Map;

/**
 * Where a training stands.
 *
 * @param step optimizer steps done
 * @param totalSteps optimizer steps in all; 0 before they are known
 * @param epoch passes done, in fractions
 * @param samplesPerSecond rows a second since the start, evaluation left out
 * @param logs the newest values: {@code loss}, {@code learning_rate}, {@code eval_accuracy}, ...
 * @param notes what the user should know, so far: which checkpoint it went on from, for example
 */
public record TrainingProgress(
    int step,
    int totalSteps,
    double epoch,
    double samplesPerSecond,
    Map<String, Double> logs,
    List<String> notes)
    implements Serializable {
  /** Without notes. */
  public TrainingProgress(
      int step, int totalSteps, double epoch, double samplesPerSecond, Map<String, Double> logs) {
    this(step, totalSteps, epoch, samplesPerSecond, logs, List.of());
  }
}
