package org.sparkfinetune.report;

import java.util.Optional;

/**
 * A word of rows that are wrongly predicted.
 *
 * @param label the rows' own
 * @param prediction what the model predicts of them
 * @param confused how many rows of that label are predicted so
 * @param word in lower case
 * @param attribution the sum of its attributions to the prediction in these rows
 * @param occurrences how often it occurs in them
 * @param rows in how many of them
 * @param removal what becomes of these where it is removed; empty where that is not known
 */
public record ConfusionWord(
    String label,
    String prediction,
    long confused,
    String word,
    double attribution,
    long occurrences,
    long rows,
    Optional<ClassWord.Removal> removal) {}
