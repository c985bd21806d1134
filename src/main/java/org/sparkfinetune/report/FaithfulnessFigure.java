package org.sparkfinetune.report;

/**
 * A measure of how faithful attributions are, as a mean over rows.
 *
 * @param value of the attributions
 * @param random of a random order of the words
 */
public record FaithfulnessFigure(
    String name, double value, double random, boolean higherIsBetter) {}
