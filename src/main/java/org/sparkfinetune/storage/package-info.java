/**
 * Places to read from and to write to: Hadoop's file systems and this machine's disk.
 *
 * <p>{@link org.sparkfinetune.storage.Storage} says what is wrong with a place that a user has
 * named, {@link org.sparkfinetune.storage.HadoopFiles} reads with a limit, {@link
 * org.sparkfinetune.storage.LocalChecksums} files beside Hadoop's checksums, {@link
 * org.sparkfinetune.storage.OutputDirectory} is the folder that a job writes to, {@link
 * org.sparkfinetune.storage.AtomicDirectory} a folder that is whole or not there, and {@link
 * org.sparkfinetune.storage.HostCache} keeps copies of remote files on a host.
 *
 * <p>Knows no format and no Spark.
 */
package org.sparkfinetune.storage;
