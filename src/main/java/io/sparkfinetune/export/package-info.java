/**
 * Classifiers in the forms that other tools read: a Hugging Face folder, ONNX.
 *
 * <p>An ONNX graph is written by running the model's own forward pass on {@link
 * io.sparkfinetune.export.OnnxGraphBuilder}, which notes operations down where libtorch computes
 * them; there is no second description of any model here. Knows no Spark, and nothing of how a
 * model was trained beyond what is saved with it.
 */
package io.sparkfinetune.export;
