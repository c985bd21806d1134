package io.sparkfinetune.train;

import java.io.Serializable;
import java.util.Map;

/**
 * Where a training stands.
 *
 * @param step optimizer steps done
 * @param totalSteps optimizer steps in all; 0 before they are known
 * @param epoch passes done, in fractions
 * @param samplesPerSecond rows a second since the start, evaluation left out
 * @param logs the newest values: {@code loss}, {@code learning_rate}, {@code eval_accuracy}, ...
 */
public record TrainingProgress(
    int step, int totalSteps, double epoch, double samplesPerSecond, Map<String, Double> logs)
    implements Serializable {}
