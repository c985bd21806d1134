package org.sparkfinetune.train;

import org.apache.hadoop.conf.Configuration;
import org.sparkfinetune.collective.SingleWorkerGroup;
import org.sparkfinetune.collective.WorkerGroup;

/**
 * What a training runs in.
 *
 * @param workers that train together
 * @param hadoop the configuration of the file system of checkpoints
 * @param run names this training, however often Spark starts it
 */
public record TrainerContext(WorkerGroup workers, Configuration hadoop, String run) {
  /** One worker alone, with checkpoints on file systems of Hadoop's defaults. */
  public static TrainerContext singleProcess() {
    return new TrainerContext(SingleWorkerGroup.INSTANCE, new Configuration(false), "");
  }
}
