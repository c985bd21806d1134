/**
 * From files and tables to checked rows: reading text, rejecting unusable rows, splitting, and
 * indexing labels.
 *
 * <p>{@link org.sparkfinetune.data.DatasetPreparation} is the way in for labeled data, {@link
 * org.sparkfinetune.data.DatasetReader} for data to predict. Everything here is Spark DataFrames;
 * tokens, tensors and models belong to other packages.
 */
package org.sparkfinetune.data;
