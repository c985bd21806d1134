package org.sparkfinetune.distributed;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.spark.SparkContext;
import org.apache.spark.SparkExecutorInfo;
import org.apache.spark.resource.ResourceInformation;
import org.apache.spark.status.api.v1.ExecutorSummary;
import org.sparkfinetune.UserException;
import scala.Option;
import scala.collection.JavaConverters;

/**
 * The slots that a running application's executors have. Spark checks them too before it runs a
 * barrier stage, but asks for ten minutes before it gives up.
 */
final class ClusterSlots {
  /** Spark's own setting of how long executors may take to register, and its default. */
  static final String WAIT = "spark.scheduler.maxRegisteredResourcesWaitingTime";

  private static final String DEFAULT_WAIT = "30s";
  private static final Duration POLL = Duration.ofMillis(100);

  private ClusterSlots() {}

  /** Tasks of the plan that the executors registered now can run at once, be they busy or not. */
  static int there(SparkContext spark, ResourcePlan plan) {
    return there(executors(spark), plan);
  }

  /**
   * Tasks of the plan that could start now. A running task counts as one of the plan's, though it
   * may be smaller.
   */
  static int free(SparkContext spark, ResourcePlan plan) {
    Map<String, Integer> running = running(spark);
    return executors(spark).stream()
        .mapToInt(
            executor ->
                Math.max(0, slots(executor, plan) - running.getOrDefault(executor.hostPort(), 0)))
        .sum();
  }

  /**
   * Running tasks by host and port of their executor, as the scheduler knows them: the count in an
   * executor's summary follows events, which come late and may be lost.
   */
  static Map<String, Integer> running(SparkContext spark) {
    return Arrays.stream(spark.statusTracker().getExecutorInfos())
        .collect(
            Collectors.toMap(
                executor -> executor.host() + ":" + executor.port(),
                SparkExecutorInfo::numRunningTasks,
                Integer::sum));
  }

  /**
   * Waits until the executors have the slots that the plan needs, for up to {@code
   * spark.scheduler.maxRegisteredResourcesWaitingTime} (30 s by default). Slots that are busy
   * count: Spark lets a barrier stage wait for them.
   *
   * @throws UserException when they have not
   */
  static void await(SparkContext spark, ResourcePlan plan) {
    long wait = spark.conf().getTimeAsMs(WAIT, DEFAULT_WAIT);
    await(spark, plan, Duration.ofMillis(wait));
  }

  /** As {@link #await(SparkContext, ResourcePlan)}, for up to {@code wait}. */
  static void await(SparkContext spark, ResourcePlan plan, Duration wait) {
    long end = System.nanoTime() + wait.toNanos();
    List<ExecutorSummary> executors = executors(spark);
    while (there(executors, plan) < plan.slotsNeeded() && System.nanoTime() < end) {
      sleep();
      executors = executors(spark);
    }
    int there = there(executors, plan);
    if (there < plan.slotsNeeded()) {
      throw new UserException(
          "resources.num_workers="
              + plan.workers()
              + " is not allowed: slots needed "
              + plan.slotsNeeded()
              + ", slots there "
              + there
              + " ("
              + plan.slot()
              + "; executors registered after "
              + wait.toSeconds()
              + " s: "
              + executors.stream().filter(executor -> executor.totalCores() > 0).count()
              + "). Give the application more or larger executors, set "
              + WAIT
              + " higher if they only come late"
              + (plan.workers() == 1 ? "" : ", or set resources.num_workers lower"));
    }
  }

  /**
   * Slots that the executors have, once all are there that the configuration tells of, or {@code
   * spark.scheduler.maxRegisteredResourcesWaitingTime} is over.
   */
  static int awaitConfigured(SparkContext spark, ResourcePlan plan) {
    long end =
        System.nanoTime()
            + Duration.ofMillis(spark.conf().getTimeAsMs(WAIT, DEFAULT_WAIT)).toNanos();
    int configured = plan.slotsThere().orElse(0);
    while (there(spark, plan) < configured && System.nanoTime() < end) {
      sleep();
    }
    return there(spark, plan);
  }

  private static void sleep() {
    try {
      Thread.sleep(POLL.toMillis());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while waiting for executors", e);
    }
  }

  private static int there(List<ExecutorSummary> executors, ResourcePlan plan) {
    return executors.stream().mapToInt(executor -> slots(executor, plan)).sum();
  }

  /** The driver is among them: with cores on a local master, without elsewhere. */
  private static List<ExecutorSummary> executors(SparkContext spark) {
    return JavaConverters.seqAsJavaList(spark.statusStore().executorList(true)).stream()
        .filter(executor -> !executor.isExcluded())
        .toList();
  }

  private static int slots(ExecutorSummary executor, ResourcePlan plan) {
    int byCores = executor.totalCores() / plan.cpusPerTask();
    if (plan.gpuPerWorker() == 0) {
      return byCores;
    }
    Option<ResourceInformation> gpus = executor.resources().get(ResourcePlan.GPU);
    int count = gpus.isDefined() ? gpus.get().addresses().length : 0;
    return Math.min(byCores, count / plan.gpuPerWorker());
  }
}
