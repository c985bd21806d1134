package org.sparkfinetune.train;

import java.util.List;
import java.util.Locale;

/**
 * What a training is going to do, known before its first step.
 *
 * @param steps how it falls into steps
 * @param tokens of all training rows
 * @param parameters numbers that the model consists of
 * @param trained how many of them are trained; word vectors of tokens that do not occur are not
 *     counted
 * @param vocabulary rows of the table of word vectors
 * @param occurring how many of these rows belong to tokens that occur in the training rows
 * @param memory bytes that a worker takes beside its JVM, about
 */
public record TrainingPlan(
    StepPlan steps,
    long tokens,
    long parameters,
    long trained,
    int vocabulary,
    int occurring,
    long memory) {
  /** In words, a few lines. */
  public List<String> lines() {
    return List.of(
        String.format(
            Locale.ROOT,
            "plan        %,d rows of %,d tokens; steps of %,d rows, %,d an epoch, %,d in all",
            steps.rows(),
            tokens,
            steps.batchSize(),
            steps.stepsPerEpoch(),
            steps.totalSteps()),
        String.format(
            Locale.ROOT,
            "parameters  %,d, of which %,d are trained; %,d of %,d tokens occur",
            parameters,
            trained,
            occurring,
            vocabulary),
        String.format(
            Locale.ROOT, "memory      about %,d MB a worker, beside its JVM", memory / (1 << 20)));
  }
}
