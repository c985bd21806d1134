package org.sparkfinetune.tune;

import java.util.List;

/**
 * What a study searches, and how.
 *
 * @param objectives names of what is measured, as {@code eval_accuracy}; the first is the one that
 *     trials report on their way
 * @param directions of the objectives
 * @param nTrials how many trials there may be, the enqueued ones among them
 */
public record StudyDefinition(
    String name,
    List<String> objectives,
    List<Direction> directions,
    SearchSpace space,
    Sampler sampler,
    Pruner pruner,
    int nTrials) {}
