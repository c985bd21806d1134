package org.sparkfinetune.report;

/**
 * A word of a label's texts.
 *
 * @param label the label that is explained
 * @param word in lower case
 * @param score its mean attribution
 * @param occurrences how often it occurs in rows of the label
 * @param rows in how many of them
 */
public record ClassWord(String label, String word, double score, long occurrences, long rows) {}
