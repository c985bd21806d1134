package org.sparkfinetune.explain;

import java.io.Serializable;

/**
 * How alike attributions stay when a part of the model and all parts behind it are random.
 *
 * @param part {@code head}, {@code layer_1} on, or {@code embeddings}
 * @param correlation the mean over rows of the rank correlation of their words' absolute scores,
 *     from -1 to 1: of a method that depends on the part, about 0; NaN of no rows
 * @param rows how many there are; those of less than three words are left out
 */
public record RandomizedPart(String part, double correlation, int rows) implements Serializable {}
