package org.sparkfinetune.evaluate;

import java.io.Serializable;

/**
 * Predictions of about one probability.
 *
 * @param from the least probability of the bin
 * @param to the one that is above all of it, or 1
 * @param rows predictions
 * @param confidence their mean probability; 0 without any
 * @param accuracy the share of them that is right; 0 without any
 */
public record ReliabilityBin(double from, double to, long rows, double confidence, double accuracy)
    implements Serializable {}
