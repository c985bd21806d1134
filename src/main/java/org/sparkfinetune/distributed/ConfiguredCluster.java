package org.sparkfinetune.distributed;

import java.util.OptionalInt;
import org.apache.spark.SparkConf;

/**
 * The cluster as Spark's configuration describes it; what it leaves to the cluster manager is not
 * known before executors have registered.
 */
final class ConfiguredCluster {
  static final String TASK_CPUS = "spark.task.cpus";
  static final String EXECUTOR_CORES = "spark.executor.cores";
  static final String EXECUTOR_INSTANCES = "spark.executor.instances";
  static final String CORES_MAX = "spark.cores.max";
  static final String EXECUTOR_GPUS = "spark.executor.resource.gpu.amount";
  static final String TASK_GPUS = "spark.task.resource.gpu.amount";

  /** Executors that Spark asks YARN and Kubernetes for by default. */
  private static final int DEFAULT_INSTANCES = 2;

  private final SparkConf conf;
  private final SparkMaster master;

  /**
   * Reads the configuration.
   *
   * @param processors of this machine, for {@code local[*]}
   */
  ConfiguredCluster(SparkConf conf, int processors) {
    this.conf = conf;
    this.master = SparkMaster.parse(conf.get("spark.master", ""), processors);
  }

  SparkMaster master() {
    return master;
  }

  /** CPUs that Spark gives a task unless its stage says otherwise. */
  int taskCpus() {
    return conf.getInt(TASK_CPUS, 1);
  }

  /** GPUs of an executor; 0 without any. */
  int executorGpus() {
    return conf.getInt(EXECUTOR_GPUS, 0);
  }

  /** GPUs of a task; 0 without any, less than 1 where tasks share one. */
  double taskGpus() {
    return conf.getDouble(TASK_GPUS, 0);
  }

  /** Cores of an executor; empty where each takes what its machine has. */
  OptionalInt executorCores() {
    if (conf.contains(EXECUTOR_CORES)) {
      return OptionalInt.of(conf.getInt(EXECUTOR_CORES, 1));
    }
    return switch (master.kind()) {
      case LOCAL, LOCAL_CLUSTER -> OptionalInt.of(master.cores());
      case YARN, KUBERNETES -> OptionalInt.of(1);
      case STANDALONE, OTHER -> OptionalInt.empty();
    };
  }

  /**
   * Tasks that can run at once when each takes {@code cpus} CPUs and {@code gpus} GPUs; empty where
   * the configuration does not tell. There may be fewer: what is asked for is not always given.
   */
  OptionalInt slots(int cpus, int gpus) {
    OptionalInt cores = executorCores();
    int coresMax = conf.getInt(CORES_MAX, Integer.MAX_VALUE);
    return switch (master.kind()) {
      case LOCAL -> OptionalInt.of(master.cores() / cpus);
      case LOCAL_CLUSTER -> {
        int executors = master.workers() * (master.cores() / cores.getAsInt());
        int allowed = Math.min(executors, coresMax / cores.getAsInt());
        yield OptionalInt.of(allowed * perExecutor(cores.getAsInt(), cpus, gpus));
      }
      case YARN, KUBERNETES ->
          OptionalInt.of(instances() * perExecutor(cores.getAsInt(), cpus, gpus));
      case STANDALONE -> standaloneSlots(cores, coresMax, cpus, gpus);
      case OTHER -> OptionalInt.empty();
    };
  }

  private OptionalInt standaloneSlots(OptionalInt cores, int coresMax, int cpus, int gpus) {
    boolean limited = coresMax != Integer.MAX_VALUE;
    if (cores.isEmpty()) {
      return limited ? OptionalInt.of(coresMax / cpus) : OptionalInt.empty();
    }
    int perExecutor = perExecutor(cores.getAsInt(), cpus, gpus);
    // However many executors there will be: none of them has room for a task.
    return limited || perExecutor == 0
        ? OptionalInt.of(coresMax / cores.getAsInt() * perExecutor)
        : OptionalInt.empty();
  }

  private int perExecutor(int cores, int cpus, int gpus) {
    int byCores = cores / cpus;
    return gpus == 0 ? byCores : Math.min(byCores, executorGpus() / gpus);
  }

  private int instances() {
    return conf.getInt(EXECUTOR_INSTANCES, DEFAULT_INSTANCES);
  }

  /** The settings that {@link #slots} is made of, for messages: {@code key=value, key=value}. */
  String sizes(int gpus) {
    String gpuSize = gpus == 0 ? "" : ", " + EXECUTOR_GPUS + "=" + executorGpus();
    return switch (master.kind()) {
          case LOCAL, LOCAL_CLUSTER, OTHER -> "spark.master=" + master.value();
          case YARN, KUBERNETES ->
              EXECUTOR_INSTANCES
                  + "="
                  + instances()
                  + ", "
                  + EXECUTOR_CORES
                  + "="
                  + executorCores().getAsInt();
          case STANDALONE ->
              CORES_MAX
                  + "="
                  + conf.get(CORES_MAX, "(all)")
                  + ", "
                  + EXECUTOR_CORES
                  + "="
                  + conf.get(EXECUTOR_CORES, "(all of a machine's)");
        }
        + gpuSize;
  }

  /** What to set so that {@code workers} tasks of {@code cpus} CPUs can run at once. */
  String remedy(int workers, int cpus, int gpus) {
    String sizes =
        gpus == 0 ? " or " + EXECUTOR_CORES : ", " + EXECUTOR_CORES + " or " + EXECUTOR_GPUS;
    return switch (master.kind()) {
      case LOCAL -> "Set spark.master=local[" + workers * cpus + "]";
      case LOCAL_CLUSTER, OTHER -> "Set a spark.master that has them";
      case YARN, KUBERNETES -> "Raise " + EXECUTOR_INSTANCES + sizes;
      case STANDALONE -> "Raise " + CORES_MAX + sizes;
    };
  }
}
