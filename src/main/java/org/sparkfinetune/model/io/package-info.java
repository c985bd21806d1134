/**
 * Pretrained models in and out, on any Hadoop file system: Hugging Face folders (safetensors,
 * PyTorch's state dicts, whole or in shards), ONNX, saved annotators of Spark NLP.
 *
 * <p>{@code ModelLocator} is the door: it says where a model lies that a user has named, and has
 * those of other places fetched by a {@code ModelResolver}, as that of the Hugging Face hub. {@code
 * PretrainedModel} opens what lies there.
 *
 * <p>A format's reader says where each tensor lies ({@code StoredTensor}); {@code StoredTensors}
 * reads them all alike. {@code StateDictMatcher} matches them by name and shape with what a model
 * expects.
 *
 * <p>Knows the formats, Hadoop's {@code FileSystem}, the hub and libtorch's tensors; knows no
 * Spark, and nothing of how a model computes. Nothing that is read here is ever executed.
 *
 * <p>A file that is not what it should be is a {@link org.sparkfinetune.UserException} that names
 * the file and, where there is one, the tensor. Failures of the file system itself come as {@link
 * java.io.UncheckedIOException}.
 */
package org.sparkfinetune.model.io;
