/**
 * Sets of labels that have the right one in them as often as was asked for: split-conformal
 * prediction. {@link org.sparkfinetune.conformal.ConformityScore} says how little a label fits a
 * row, {@link org.sparkfinetune.conformal.FiniteSampleQuantile} how far the scores of calibration
 * rows go for a coverage, {@link org.sparkfinetune.conformal.PredictionSets} which labels a row
 * gets.
 *
 * <p>Plain Java over label indices: this package knows no Spark, no libtorch, no text and no file.
 */
package org.sparkfinetune.conformal;
