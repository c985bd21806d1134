/**
 * Rows in, predictions out: a document assembler and the classifier as one thing, which is
 * fine-tuned, saved, loaded, asked for predictions and measured.
 *
 * <p>{@link org.sparkfinetune.pipeline.ClassifierPipeline} is where to begin; {@link
 * org.sparkfinetune.pipeline.ClassifierTraining} makes one. A saved pipeline is read as data
 * ({@link org.sparkfinetune.pipeline.SavedPipeline}): no stage in it is made by the name in its
 * file. {@link org.sparkfinetune.pipeline.BagOfWords} is the classifier to beat.
 */
package org.sparkfinetune.pipeline;
