/**
 * Checkpoints in and out: safetensors, ONNX, Hugging Face folders, on any Hadoop file system.
 * Nothing that is read here is ever executed. Knows no Spark.
 */
package io.sparkfinetune.model.io;
