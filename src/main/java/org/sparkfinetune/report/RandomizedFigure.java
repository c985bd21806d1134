package org.sparkfinetune.report;

/**
 * How alike attributions stay where weights are random.
 *
 * @param part the last part of the model, from its head down, whose weights are
 * @param correlation the mean rank correlation of absolute scores with those of the trained model
 */
public record RandomizedFigure(String part, double correlation) {}
