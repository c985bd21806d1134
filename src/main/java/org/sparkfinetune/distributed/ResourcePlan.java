package org.sparkfinetune.distributed;

import static org.sparkfinetune.distributed.ConfiguredCluster.EXECUTOR_CORES;
import static org.sparkfinetune.distributed.ConfiguredCluster.EXECUTOR_GPUS;
import static org.sparkfinetune.distributed.ConfiguredCluster.TASK_CPUS;
import static org.sparkfinetune.distributed.ConfiguredCluster.TASK_GPUS;

import java.io.Serializable;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.apache.spark.SparkConf;
import org.apache.spark.resource.ResourceProfile;
import org.apache.spark.resource.ResourceProfileBuilder;
import org.apache.spark.resource.TaskResourceRequests;
import org.sparkfinetune.UserException;

/**
 * What a training takes of the cluster: a pure function of Spark's configuration, so that what
 * cannot work is refused on the driver before anything runs. {@link ClusterSlots} looks at the
 * cluster itself.
 *
 * @param workers barrier tasks; each needs a slot, at the same time
 * @param threadsPerWorker threads that libtorch may use in each
 * @param cpusPerTask CPUs that a barrier task reserves of its executor's {@code
 *     spark.executor.cores}: {@code spark.task.cpus}, or more with a profile
 * @param device {@code CPU} or {@code CUDA}, never {@code AUTO}
 * @param gpuPerWorker GPUs that a barrier task is given by Spark; 0 on a local master, where a
 *     worker on {@code CUDA} takes {@code cuda:0}
 * @param stageProfile whether the barrier stage needs {@link #profile}, since {@code spark.task.*}
 *     gives its tasks less
 * @param configuredSlots such tasks that can run at once by the configuration; null where it does
 *     not tell
 */
record ResourcePlan(
    int workers,
    int threadsPerWorker,
    int cpusPerTask,
    DeviceType device,
    int gpuPerWorker,
    boolean stageProfile,
    Integer configuredSlots)
    implements Serializable {
  /** What Spark calls GPUs among a task's resources. */
  static final String GPU = "gpu";

  /**
   * What says that Spark's traffic is to be encrypted; {@code spark.ssl.ui} is not between workers.
   */
  private static final List<String> ENCRYPTION =
      List.of(
          "spark.network.crypto.enabled",
          "spark.authenticate.enableSaslEncryption",
          "spark.ssl.enabled",
          "spark.ssl.rpc.enabled");

  /**
   * Plans a training.
   *
   * @param processors cores of this machine, for {@code local[*]}
   * @throws UserException when Spark would not run such a barrier stage, when the device cannot be
   *     had, or when gradients would go unencrypted where Spark's traffic does not
   */
  static ResourcePlan of(SparkConf conf, ResourceArguments resources, int processors) {
    ConfiguredCluster cluster = new ConfiguredCluster(conf, processors);
    refuseDynamicAllocation(conf, cluster.master());
    refusePlaintext(conf, resources, cluster.master());
    DeviceType device = device(resources, cluster.master());
    if (resources.gpuPerWorker() > 0) {
      checkGpus(cluster);
    }
    int threads = threads(resources, cluster, processors);
    int cpus =
        cluster.master().isLocal() ? cluster.taskCpus() : Math.max(threads, cluster.taskCpus());
    boolean profile =
        cpus > cluster.taskCpus() || resources.gpuPerWorker() > 0 && cluster.taskGpus() < 1;
    OptionalInt slots = cluster.slots(cpus, resources.gpuPerWorker());
    if (slots.isPresent() && slots.getAsInt() < resources.numWorkers()) {
      throw tooFewSlots(resources, cluster, cpus, slots.getAsInt());
    }
    return new ResourcePlan(
        resources.numWorkers(),
        threads,
        cpus,
        device,
        resources.gpuPerWorker(),
        profile,
        slots.isPresent() ? slots.getAsInt() : null);
  }

  /** Slots that the training needs at the same time, one a worker. */
  int slotsNeeded() {
    return workers;
  }

  /** Slots that there are by the configuration; empty where it does not tell. */
  OptionalInt slotsThere() {
    return configuredSlots == null ? OptionalInt.empty() : OptionalInt.of(configuredSlots);
  }

  /**
   * The resources of the barrier stage's tasks, for {@code RDD.withResources}; empty where {@code
   * spark.task.*} gives them enough. It asks for nothing of executors: those that the application
   * has are used, which Spark allows without dynamic allocation.
   */
  Optional<ResourceProfile> profile() {
    if (!stageProfile) {
      return Optional.empty();
    }
    TaskResourceRequests requests = new TaskResourceRequests().cpus(cpusPerTask);
    if (gpuPerWorker > 0) {
      requests.resource(GPU, gpuPerWorker);
    }
    return Optional.of(new ResourceProfileBuilder().require(requests).build());
  }

  private static void refuseDynamicAllocation(SparkConf conf, SparkMaster master) {
    // Spark itself takes no notice of it on a local master.
    if (!master.isLocal() && conf.getBoolean("spark.dynamicAllocation.enabled", false)) {
      throw new UserException(
          "spark.dynamicAllocation.enabled=true is not allowed: Spark runs no barrier stage with it."
              + " Set it to false and spark.executor.instances to what you need");
    }
  }

  private static void refusePlaintext(
      SparkConf conf, ResourceArguments resources, SparkMaster master) {
    // On a local master gradients do not leave the process's machine, nor does Spark's traffic.
    if (resources.numWorkers() == 1 || resources.acceptPlaintextGradients() || master.isLocal()) {
      return;
    }
    for (String key : ENCRYPTION) {
      if (conf.getBoolean(key, false)) {
        throw new UserException(
            "resources.num_workers="
                + resources.numWorkers()
                + " is not allowed together with "
                + key
                + "=true: workers send each other gradients unencrypted. Set"
                + " resources.accept_plaintext_gradients=true if the network may see them, or"
                + " resources.num_workers=1");
      }
    }
  }

  private static DeviceType device(ResourceArguments resources, SparkMaster master) {
    boolean gpu = resources.gpuPerWorker() > 0;
    return switch (resources.device()) {
      case AUTO -> gpu ? DeviceType.CUDA : DeviceType.CPU;
      case CPU -> {
        if (gpu) {
          throw new UserException(
              "resources.device=cpu is not allowed together with resources.gpu_per_worker="
                  + resources.gpuPerWorker()
                  + ": the GPUs would stay idle. Set resources.device=cuda, or"
                  + " resources.gpu_per_worker=0");
        }
        yield DeviceType.CPU;
      }
      case CUDA -> {
        if (!gpu && !master.isLocal()) {
          throw new UserException(
              "resources.device=cuda needs resources.gpu_per_worker=1 on spark.master="
                  + master.value()
                  + ": which GPU is a worker's is for Spark to say");
        }
        if (!gpu && resources.numWorkers() > 1) {
          throw new UserException(
              "resources.num_workers="
                  + resources.numWorkers()
                  + " is not allowed together with resources.device=cuda on spark.master="
                  + master.value()
                  + ": all workers would share cuda:0. Set resources.num_workers=1");
        }
        yield DeviceType.CUDA;
      }
    };
  }

  private static void checkGpus(ConfiguredCluster cluster) {
    SparkMaster master = cluster.master();
    if (master.isLocal()) {
      throw new UserException(
          "resources.gpu_per_worker=1 is not allowed on spark.master="
              + master.value()
              + ": a local master gives tasks no GPU. Set resources.gpu_per_worker=0 and"
              + " resources.device=cuda");
    }
    if (cluster.executorGpus() < 1) {
      throw new UserException(
          "resources.gpu_per_worker=1 needs executors with GPUs, but "
              + EXECUTOR_GPUS
              + " is not set. Set it to the GPUs of an executor, and "
              + "spark.executor.resource.gpu.discoveryScript to a script that finds them");
    }
    double taskGpus = cluster.taskGpus();
    // Executors cut their GPUs into shares by it, and Spark 3.5 then gives a task that asks for one
    // GPU by a profile one share: two workers on one GPU.
    if (taskGpus > 0 && taskGpus < 1) {
      throw new UserException(
          TASK_GPUS
              + "="
              + taskGpus
              + " is not allowed together with resources.gpu_per_worker=1: tasks would share a GPU."
              + " Set "
              + TASK_GPUS
              + "=1");
    }
    if (taskGpus == 0 && !master.hasStageProfiles()) {
      throw new UserException(
          "resources.gpu_per_worker=1 needs tasks with a GPU, but "
              + TASK_GPUS
              + " is not set. Set it to 1");
    }
  }

  private static int threads(
      ResourceArguments resources, ConfiguredCluster cluster, int processors) {
    int asked = resources.threadsPerWorker();
    return cluster.master().isLocal()
        ? localThreads(asked, resources.numWorkers(), cluster, processors)
        : clusterThreads(asked, cluster);
  }

  /** The workers are alone in this process, and have all of its slots. */
  private static int localThreads(
      int asked, int workers, ConfiguredCluster cluster, int processors) {
    int cores = cluster.master().cores();
    if (asked == 0) {
      return Math.max(1, Math.min(cores, processors) / workers);
    }
    if ((long) asked * workers > cores) {
      throw new UserException(
          "resources.threads_per_worker="
              + asked
              + " is not allowed: with resources.num_workers="
              + workers
              + " it needs "
              + (long) asked * workers
              + " cores, and spark.master="
              + cluster.master().value()
              + " has "
              + cores
              + ". Set spark.master=local["
              + (long) asked * workers
              + "]");
    }
    return asked;
  }

  private static int clusterThreads(int asked, ConfiguredCluster cluster) {
    int taskCpus = cluster.taskCpus();
    if (asked <= taskCpus) {
      return asked == 0 ? taskCpus : asked;
    }
    if (!cluster.master().hasStageProfiles()) {
      throw new UserException(
          "resources.threads_per_worker="
              + asked
              + " is not allowed: Spark gives a task "
              + taskCpus
              + " CPUs ("
              + TASK_CPUS
              + "). Set "
              + TASK_CPUS
              + "="
              + asked);
    }
    OptionalInt cores = cluster.executorCores();
    if (cores.isPresent() && cores.getAsInt() < asked) {
      throw new UserException(
          "resources.threads_per_worker="
              + asked
              + " is not allowed: an executor has "
              + cores.getAsInt()
              + " cores. Set "
              + EXECUTOR_CORES
              + " to "
              + asked
              + " or more");
    }
    return asked;
  }

  private static UserException tooFewSlots(
      ResourceArguments resources, ConfiguredCluster cluster, int cpus, int there) {
    int workers = resources.numWorkers();
    return new UserException(
        "resources.num_workers="
            + workers
            + " is not allowed: slots needed "
            + workers
            + ", slots there "
            + there
            + " ("
            + slot(cpus, resources.gpuPerWorker())
            + "; "
            + cluster.sizes(resources.gpuPerWorker())
            + "). "
            + cluster.remedy(workers, cpus, resources.gpuPerWorker())
            + (there == 0 ? "" : ", or set resources.num_workers to " + there + " or less"));
  }

  /** What a slot is, for messages. */
  String slot() {
    return slot(cpusPerTask, gpuPerWorker);
  }

  private static String slot(int cpus, int gpus) {
    return "a slot is " + cpus + " CPU" + (cpus == 1 ? "" : "s") + (gpus == 0 ? "" : " and a GPU");
  }
}
