/**
 * The training loop and its parts: optimizer, schedule, loss, precision, listeners. Free of Spark:
 * it runs wherever a JVM with libtorch does, which is inside an executor's task.
 */
package org.sparkfinetune.train;
