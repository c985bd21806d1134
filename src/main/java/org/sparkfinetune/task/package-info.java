/**
 * What a classifier is asked for: one label a text, or a set of labels, and all that follows from
 * it for logits and labels.
 *
 * <p>Plain Java over numbers, below every other package: no Spark, no libtorch, no files.
 */
package org.sparkfinetune.task;
