package org.sparkfinetune.distributed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalInt;
import org.apache.spark.SparkConf;
import org.apache.spark.resource.ResourceProfile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.sparkfinetune.UserException;
import org.sparkfinetune.config.Schema;

/**
 * Settings are written {@code key=value key=value}, those of Spark with their {@code spark.}; the
 * others are of {@code resources}.
 */
class ResourcePlanTest {
  private static final int PROCESSORS = 8;
  private static final String MASTER = "spark.master=spark://host:7077 ";

  @ParameterizedTest
  @CsvSource({
    "local, 1",
    "local[1], 1",
    "local[3], 3",
    "'local[3,2]', 3",
    "'local[*, 4]', 8",
    "local[*], 8",
    "local[64], 8",
    "'local-cluster[2,1,4096]', 1",
    "spark://host:7077, 1",
    "k8s://https://host, 1",
    "mesos://host, 1",
    "yarn, 1"
  })
  void threadsAreTheMachinesOnALocalMasterAndATasksElsewhere(String master, int threads) {
    SparkConf conf = new SparkConf(false).set("spark.master", master);
    ResourcePlan plan = ResourcePlan.of(conf, resources(Map.of()), PROCESSORS);
    assertThat(plan.workers()).isEqualTo(1);
    assertThat(plan.threadsPerWorker()).isEqualTo(threads);
    assertThat(plan.cpusPerTask()).isEqualTo(1);
    assertThat(plan.profile()).isEmpty();
    assertThat(plan.device()).isEqualTo(DeviceType.CPU);
  }

  @ParameterizedTest
  @CsvSource({
    "spark.master=local[4] num_workers=2, 2",
    "spark.master=local[4] num_workers=3, 1",
    "spark.master=local[64] num_workers=16, 1",
    "spark.master=local[4] num_workers=2 threads_per_worker=1, 1",
    "spark.master=local[64] threads_per_worker=16, 16",
    "spark.master=yarn spark.task.cpus=4 spark.executor.cores=4, 4",
    "spark.master=yarn spark.task.cpus=4 spark.executor.cores=4 threads_per_worker=3, 3",
    "spark.master=mesos://host spark.task.cpus=4, 4"
  })
  void threadsFitIntoWhatSparkReserves(String settings, int threads) {
    ResourcePlan plan = plan(settings);
    assertThat(plan.threadsPerWorker()).isEqualTo(threads);
    assertThat(plan.stageProfile()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "spark.master=spark://host:7077",
        "spark.master=yarn spark.executor.cores=4",
        "spark.master=k8s://https://host spark.executor.cores=4",
        "spark.master=local-cluster[2,4,1024]"
      })
  void moreThreadsThanSparkTaskCpusAreAProfileOfTheStage(String settings) {
    ResourcePlan plan = plan(settings + " threads_per_worker=4");
    assertThat(plan.threadsPerWorker()).isEqualTo(4);
    assertThat(plan.cpusPerTask()).isEqualTo(4);
    ResourceProfile profile = plan.profile().orElseThrow();
    assertThat(profile.taskResourcesJMap()).containsOnlyKeys("cpus");
    assertThat(profile.taskResourcesJMap().get("cpus").amount()).isEqualTo(4);
    assertThat(profile.executorResourcesJMap()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "spark.master=local[4], 4",
    "spark.master=local[4] spark.task.cpus=2, 2",
    "'spark.master=local-cluster[2,3,1024]', 6",
    "'spark.master=local-cluster[2,3,1024] spark.executor.cores=1', 6",
    "'spark.master=local-cluster[2,3,1024] spark.executor.cores=2', 4",
    "'spark.master=local-cluster[2,3,1024] spark.cores.max=4', 3",
    "'spark.master=local-cluster[2,3,1024] threads_per_worker=2', 2",
    "spark.master=yarn, 2",
    "spark.master=yarn spark.executor.instances=3 spark.executor.cores=4, 12",
    "spark.master=k8s://x spark.executor.instances=3 spark.executor.cores=4 spark.task.cpus=3, 3",
    "spark.master=spark://x spark.cores.max=10, 10",
    "spark.master=spark://x spark.cores.max=10 spark.executor.cores=4, 8",
    "spark.master=spark://x spark.cores.max=10 spark.executor.cores=4 threads_per_worker=3, 2",
    "spark.master=spark://x,",
    "spark.master=spark://x spark.executor.cores=4,",
    "spark.master=spark://x spark.executor.instances=4,",
    "spark.master=mesos://x,",
    "spark.master=yarn spark.executor.cores=4 spark.executor.resource.gpu.amount=2"
        + " gpu_per_worker=1, 4"
  })
  void slotsAreCountedWhereTheConfigurationTells(String settings, Integer slots) {
    ResourcePlan plan = plan(settings);
    assertThat(plan.slotsNeeded()).isEqualTo(1);
    assertThat(plan.slotsThere())
        .isEqualTo(slots == null ? OptionalInt.empty() : OptionalInt.of(slots));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "spark.master=local[1] num_workers=2 | resources.num_workers=2 is not allowed: slots needed"
            + " 2, slots there 1 (a slot is 1 CPU; spark.master=local[1]). Set"
            + " spark.master=local[2], or set resources.num_workers to 1 or less",
        "spark.master=local[4] spark.task.cpus=2 num_workers=3 | resources.num_workers=3 is not"
            + " allowed: slots needed 3, slots there 2 (a slot is 2 CPUs; spark.master=local[4])."
            + " Set spark.master=local[6], or set resources.num_workers to 2 or less",
        "spark.master=yarn num_workers=3 | resources.num_workers=3 is not allowed: slots needed 3,"
            + " slots there 2 (a slot is 1 CPU; spark.executor.instances=2, spark.executor.cores=1)."
            + " Raise spark.executor.instances or spark.executor.cores, or set"
            + " resources.num_workers to 2 or less",
        "spark.master=yarn spark.task.cpus=2 | resources.num_workers=1 is not allowed: slots needed"
            + " 1, slots there 0 (a slot is 2 CPUs; spark.executor.instances=2,"
            + " spark.executor.cores=1). Raise spark.executor.instances or spark.executor.cores",
        "spark.master=spark://x spark.cores.max=4 threads_per_worker=2 num_workers=3 |"
            + " resources.num_workers=3 is not allowed: slots needed 3, slots there 2 (a slot is 2"
            + " CPUs; spark.cores.max=4, spark.executor.cores=(all of a machine's)). Raise"
            + " spark.cores.max or spark.executor.cores, or set resources.num_workers to 2 or less",
        "spark.master=spark://x spark.executor.cores=1 spark.task.cpus=2 | resources.num_workers=1"
            + " is not allowed: slots needed 1, slots there 0 (a slot is 2 CPUs;"
            + " spark.cores.max=(all), spark.executor.cores=1). Raise spark.cores.max or"
            + " spark.executor.cores",
        "spark.master=local-cluster[1,2,1024] num_workers=3 | resources.num_workers=3 is not"
            + " allowed: slots needed 3, slots there 2 (a slot is 1 CPU;"
            + " spark.master=local-cluster[1,2,1024]). Set a spark.master that has them, or set"
            + " resources.num_workers to 2 or less",
        "spark.master=yarn spark.executor.cores=4 spark.executor.resource.gpu.amount=1"
            + " gpu_per_worker=1 num_workers=3 | resources.num_workers=3 is not allowed: slots"
            + " needed 3, slots there 2 (a slot is 1 CPU and a GPU; spark.executor.instances=2,"
            + " spark.executor.cores=4, spark.executor.resource.gpu.amount=1). Raise"
            + " spark.executor.instances, spark.executor.cores or"
            + " spark.executor.resource.gpu.amount, or set resources.num_workers to 2 or less"
      })
  void tooFewSlotsAreRefusedWithThoseNeededAndThere(String settings, String message) {
    assertRefused(settings, message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "spark.master=mesos://x threads_per_worker=3 spark.task.cpus=2 |"
            + " resources.threads_per_worker=3 is not allowed: Spark gives a task 2 CPUs"
            + " (spark.task.cpus). Set spark.task.cpus=3",
        "spark.master=yarn threads_per_worker=3 spark.executor.cores=2 |"
            + " resources.threads_per_worker=3 is not allowed: an executor has 2 cores. Set"
            + " spark.executor.cores to 3 or more",
        "spark.master=local[4] threads_per_worker=3 num_workers=2 | resources.threads_per_worker=3"
            + " is not allowed: with resources.num_workers=2 it needs 6 cores, and"
            + " spark.master=local[4] has 4. Set spark.master=local[6]"
      })
  void threadsThatSparkCannotReserveAreRefused(String settings, String message) {
    assertRefused(settings, message);
  }

  @ParameterizedTest
  @CsvSource({
    "spark.master=local device=auto, CPU, 0",
    "spark.master=local device=cuda, CUDA, 0",
    "spark.master=yarn device=auto, CPU, 0",
    "spark.master=yarn spark.executor.resource.gpu.amount=1 device=auto, CPU, 0",
    "spark.master=yarn spark.executor.resource.gpu.amount=1 gpu_per_worker=1, CUDA, 1",
    "spark.master=yarn spark.executor.resource.gpu.amount=1 gpu_per_worker=1 device=cuda, CUDA, 1"
  })
  void theDeviceIsAGpuWhereItIsAskedForOrGiven(String settings, DeviceType device, int gpus) {
    ResourcePlan plan = plan(settings);
    assertThat(plan.device()).isEqualTo(device);
    assertThat(plan.gpuPerWorker()).isEqualTo(gpus);
  }

  @Test
  void aTaskWithoutAGpuIsGivenOneByAProfileOfTheStage() {
    ResourcePlan plan =
        plan(MASTER + "spark.task.cpus=2 spark.executor.resource.gpu.amount=2 gpu_per_worker=1");
    ResourceProfile profile = plan.profile().orElseThrow();
    assertThat(profile.taskResourcesJMap()).containsOnlyKeys("cpus", "gpu");
    assertThat(profile.taskResourcesJMap().get("cpus").amount()).isEqualTo(2);
    assertThat(profile.taskResourcesJMap().get("gpu").amount()).isEqualTo(1);
  }

  @Test
  void aTaskThatHasAGpuNeedsNoProfile() {
    ResourcePlan plan =
        plan(
            "spark.master=mesos://x spark.executor.resource.gpu.amount=2"
                + " spark.task.resource.gpu.amount=1 gpu_per_worker=1");
    assertThat(plan.profile()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "spark.master=yarn device=cuda | resources.device=cuda needs resources.gpu_per_worker=1 on"
            + " spark.master=yarn: which GPU is a worker's is for Spark to say",
        "spark.master=yarn device=cpu gpu_per_worker=1 | resources.device=cpu is not allowed"
            + " together with resources.gpu_per_worker=1: the GPUs would stay idle. Set"
            + " resources.device=cuda, or resources.gpu_per_worker=0",
        "spark.master=local[2] device=cuda num_workers=2 | resources.num_workers=2 is not allowed"
            + " together with resources.device=cuda on spark.master=local[2]: all workers would"
            + " share cuda:0. Set resources.num_workers=1",
        "spark.master=local[2] gpu_per_worker=1 | resources.gpu_per_worker=1 is not allowed on"
            + " spark.master=local[2]: a local master gives tasks no GPU. Set"
            + " resources.gpu_per_worker=0 and resources.device=cuda",
        "spark.master=yarn gpu_per_worker=1 | resources.gpu_per_worker=1 needs executors with GPUs,"
            + " but spark.executor.resource.gpu.amount is not set. Set it to the GPUs of an"
            + " executor, and spark.executor.resource.gpu.discoveryScript to a script that finds"
            + " them",
        "spark.master=mesos://x gpu_per_worker=1 spark.executor.resource.gpu.amount=1 |"
            + " resources.gpu_per_worker=1 needs tasks with a GPU, but"
            + " spark.task.resource.gpu.amount is not set. Set it to 1",
        "spark.master=yarn gpu_per_worker=1 spark.executor.resource.gpu.amount=1"
            + " spark.task.resource.gpu.amount=0.25 | spark.task.resource.gpu.amount=0.25 is not"
            + " allowed together with resources.gpu_per_worker=1: tasks would share a GPU. Set"
            + " spark.task.resource.gpu.amount=1"
      })
  void gpusThatCannotBeHadAreRefused(String settings, String message) {
    assertRefused(settings, message);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "spark.network.crypto.enabled",
        "spark.authenticate.enableSaslEncryption",
        "spark.ssl.enabled",
        "spark.ssl.rpc.enabled"
      })
  void plaintextGradientsBesideEncryptedTrafficAreRefusedUnlessAccepted(String key) {
    assertRefused(
        MASTER + "num_workers=2 " + key + "=true",
        "resources.num_workers=2 is not allowed together with "
            + key
            + "=true: workers send each other gradients unencrypted. Set"
            + " resources.accept_plaintext_gradients=true if the network may see them, or"
            + " resources.num_workers=1");
    plan(MASTER + "num_workers=2 accept_plaintext_gradients=true " + key + "=true");
    plan(MASTER + "num_workers=1 " + key + "=true");
    plan("spark.master=local[2] num_workers=2 " + key + "=true");
  }

  @ParameterizedTest
  @ValueSource(strings = {"spark.io.encryption.enabled", "spark.ssl.ui.enabled"})
  void encryptionOfDisksAndWebPagesSaysNothingOfGradients(String key) {
    assertThat(plan(MASTER + "num_workers=2 " + key + "=true").workers()).isEqualTo(2);
  }

  @Test
  void dynamicAllocationMeansNothingOnALocalMaster() {
    assertThat(plan("spark.master=local[2] spark.dynamicAllocation.enabled=true").workers())
        .isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"yarn", "k8s://x", "spark://x", "local-cluster[2,1,1024]"})
  void dynamicAllocationIsRefused(String master) {
    assertRefused(
        "spark.master=" + master + " spark.dynamicAllocation.enabled=true",
        "spark.dynamicAllocation.enabled=true is not allowed: Spark runs no barrier stage with it."
            + " Set it to false and spark.executor.instances to what you need");
  }

  private static void assertRefused(String settings, String message) {
    assertThatThrownBy(() -> plan(settings)).isInstanceOf(UserException.class).hasMessage(message);
  }

  private static ResourcePlan plan(String settings) {
    SparkConf conf = new SparkConf(false);
    Map<String, Object> resources = new LinkedHashMap<>();
    for (String setting : settings.split(" ")) {
      String[] pair = setting.split("=", 2);
      if (pair[0].startsWith("spark.")) {
        conf.set(pair[0], pair[1]);
      } else {
        resources.put(pair[0], pair[1]);
      }
    }
    return ResourcePlan.of(conf, resources(resources), PROCESSORS);
  }

  private static ResourceArguments resources(Map<String, Object> values) {
    return Schema.of("resources", ResourceArguments.class).create(new HashMap<>(values));
  }
}
