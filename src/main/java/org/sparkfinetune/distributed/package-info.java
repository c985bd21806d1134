/**
 * From a tokenized DataFrame to a trained model: the barrier stage, its resource plan, the way of
 * progress to the driver and of the weights back, and what trainings on one base share. It starts
 * the loop of {@code train} on executors; the loop itself knows nothing of Spark.
 */
package org.sparkfinetune.distributed;
