/**
 * Checkpoints of a training: named files by step, on any Hadoop file system, of which a reader sees
 * whole ones or none.
 *
 * <p>Knows Hadoop's {@code FileSystem} and, for files of tensors, {@code model.io}. Knows no Spark,
 * no model and no training loop: what the files hold, and when one is written, is the caller's.
 * Nothing that is read here is executed or deserialized by Java.
 *
 * <p>What the user can put right (a full disk, a folder that is a file, a file that does not fit
 * the model) is a {@link org.sparkfinetune.UserException}; a file system that cannot be read is an
 * {@link java.io.UncheckedIOException}.
 */
package org.sparkfinetune.train.checkpoint;
