/**
 * Checkpoints in and out: safetensors, ONNX, Hugging Face folders, on any Hadoop file system.
 *
 * <p>Knows the formats, Hadoop's {@code FileSystem} and libtorch's tensors; knows no Spark, and
 * nothing of how a model computes. Nothing that is read here is ever executed.
 *
 * <p>A file that is not what it should be is a {@link io.sparkfinetune.UserException} that names
 * the file and, where there is one, the tensor. Failures of the file system itself come as {@link
 * java.io.UncheckedIOException}.
 */
package io.sparkfinetune.model.io;
