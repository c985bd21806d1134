package org.sparkfinetune.report;

/**
 * A row that one of two models alone gets right. Sets of labels are joined by commas.
 *
 * @param text of a pair both, with a line between them
 * @param label its own
 * @param first what the first predicts
 * @param second what the second predicts
 * @param firstIsRight whether it is the first that is right
 */
public record DisagreeingRow(
    String text, String label, String first, String second, boolean firstIsRight) {}
