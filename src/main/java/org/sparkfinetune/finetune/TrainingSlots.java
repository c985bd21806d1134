package org.sparkfinetune.finetune;

import java.util.Map;
import org.apache.spark.SparkContext;
import org.sparkfinetune.UserException;
import org.sparkfinetune.config.Settings;
import org.sparkfinetune.distributed.DeviceType;
import org.sparkfinetune.distributed.DistributedTrainer;
import org.sparkfinetune.distributed.ResourceArguments;
import org.sparkfinetune.pipeline.FineTuneSchema;

/** How many trainings of the same settings run at once, and what each gets of the machine. */
public final class TrainingSlots {
  private static final String THREADS = "resources.threads_per_worker";

  private TrainingSlots() {}

  /**
   * How many run at once.
   *
   * @param asked how many the user wants; 0 for as many as there are slots for, of a local master
   *     two at most
   * @param key of what was asked, for the message
   * @param what the trainings are, for the message, as in {@code trials}
   * @throws UserException when there are no slots for as many, or not even for one
   */
  public static int of(Settings settings, SparkContext spark, int asked, String key, String what) {
    ResourceArguments resources = settings.get(FineTuneSchema.RESOURCES);
    int there = DistributedTrainer.atOnce(spark, settings.get(FineTuneSchema.TRAINING), resources);
    if (spark.isLocal()) {
      there /= Math.max(1, resources.threadsPerWorker());
    }
    if (asked > there) {
      throw new UserException(
          "%s=%s is not allowed: there are slots for %s %s of %s workers at once. Give the application more executors, or set %s=%s"
              .formatted(key, asked, there, what, resources.numWorkers(), key, there));
    }
    return Math.max(1, asked > 0 ? asked : byDefault(resources, spark, there));
  }

  /** Trainings of a local master share its memory, and its GPU, which they do only if asked to. */
  private static int byDefault(ResourceArguments resources, SparkContext spark, int there) {
    if (!spark.isLocal()) {
      return there;
    }
    return Math.min(resources.device() == DeviceType.CUDA ? 1 : 2, there);
  }

  /** With the share of this machine that a training gets, which is of no use on another. */
  public static Settings withThreads(Settings settings, SparkContext spark, int slots) {
    if (spark.isLocal() && settings.value(THREADS).equals(0)) {
      // They share this process, where a training that is alone takes all cores.
      int cores = Math.min(spark.defaultParallelism(), Runtime.getRuntime().availableProcessors());
      int tasks = slots * settings.get(FineTuneSchema.RESOURCES).numWorkers();
      return settings.with(Map.of(THREADS, Math.max(1, cores / tasks)));
    }
    return settings;
  }
}
