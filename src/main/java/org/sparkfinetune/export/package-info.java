/**
 * Classifiers in the forms that other tools read: a Hugging Face folder, ONNX, an MLflow model,
 * and, in {@code export.sparknlp}, Spark NLP's own annotators.
 *
 * <p>An ONNX graph is written by running the model's own forward pass on {@link
 * org.sparkfinetune.export.OnnxGraphBuilder}, which notes operations down where libtorch computes
 * them; there is no second description of any model here. Only {@code export.sparknlp} knows Spark;
 * nothing here knows of how a model was trained beyond what is saved with it.
 */
package org.sparkfinetune.export;
