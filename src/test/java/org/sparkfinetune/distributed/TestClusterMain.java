package org.sparkfinetune.distributed;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkEnv;
import org.apache.spark.api.java.JavaSparkContext;
import org.sparkfinetune.UserException;
import org.sparkfinetune.config.Schema;
import scala.Tuple2;

/**
 * Drivers for the tests of the cluster itself, which read what they print. Arguments: {@code
 * replace}, or {@code plan}, {@code refuse} or {@code at-once FOLDER} and settings of {@code
 * resources} as {@code key=value}. Spark's settings are system properties.
 */
public final class TestClusterMain {
  private static final int EXECUTORS = 2;

  private TestClusterMain() {}

  /** Runs in a JVM of its own: a JVM has one SparkContext. */
  public static void main(String[] args) throws Exception {
    try (JavaSparkContext spark = new JavaSparkContext(new SparkConf())) {
      List<String> settings = Arrays.asList(args).subList(1, args.length);
      switch (args[0]) {
        case "replace" -> replace(spark);
        case "plan" -> plan(spark, settings);
        case "at-once" -> atOnce(spark, args[1], settings.subList(1, settings.size()));
        case "refuse" -> {
          // What is timed is the refusal, not the start of the executors.
          executors(spark, Map.of());
          plan(spark, settings);
        }
        default -> throw new IllegalArgumentException(args[0]);
      }
    }
    System.exit(0);
  }

  /** Plans, waits for the slots and runs a barrier stage; or prints why not. */
  private static void plan(JavaSparkContext spark, List<String> settings) {
    long start = System.nanoTime();
    try {
      ResourcePlan plan = resourcePlan(spark, settings);
      System.out.println("planned: " + plan);
      ClusterSlots.await(spark.sc(), plan);
      System.out.println("slots there: " + ClusterSlots.there(spark.sc(), plan));
      System.out.println("slots free: " + ClusterSlots.free(spark.sc(), plan));
      BarrierProbe.run(spark, plan).forEach(System.out::println);
    } catch (UserException e) {
      System.out.println("refused: " + e.getMessage());
      System.out.println("after: " + (System.nanoTime() - start) / 1_000_000 + " ms");
    }
  }

  private static ResourcePlan resourcePlan(JavaSparkContext spark, List<String> settings) {
    Map<String, Object> resources =
        settings.stream()
            .map(setting -> setting.split("="))
            .collect(Collectors.toMap(pair -> pair[0], pair -> pair[1]));
    return ResourcePlan.of(
        spark.getConf(),
        Schema.of("resources", ResourceArguments.class).create(resources),
        Runtime.getRuntime().availableProcessors());
  }

  /** Two plans at once, each a job of its own whose tasks wait for those of the other. */
  private static void atOnce(JavaSparkContext spark, String folder, List<String> settings)
      throws Exception {
    ResourcePlan plan = resourcePlan(spark, settings);
    ClusterSlots.await(spark.sc(), plan);
    ExecutorService threads = Executors.newFixedThreadPool(2);
    BarrierProbe.Meeting meeting = new BarrierProbe.Meeting(folder, 2 * plan.workers());
    Callable<List<String>> job = () -> BarrierProbe.run(spark, plan, meeting);
    for (Future<List<String>> lines : threads.invokeAll(List.of(job, job))) {
      lines.get().forEach(System.out::println);
    }
    threads.shutdown();
  }

  /** Prints the executors, waits until one is replaced, and prints them again. */
  private static void replace(JavaSparkContext spark) {
    Map<String, Long> before = executors(spark, Map.of());
    System.out.println("before: " + before);
    System.out.println("after: " + executors(spark, before));
  }

  /** Executor ids and process ids, once there are two and not those of {@code before}. */
  private static Map<String, Long> executors(JavaSparkContext spark, Map<String, Long> before) {
    Map<String, Long> executors = new TreeMap<>();
    while (executors.size() < EXECUTORS || executors.equals(before)) {
      executors.clear();
      spark
          .parallelize(IntStream.range(0, 2 * EXECUTORS).boxed().toList(), 2 * EXECUTORS)
          .map(
              i -> {
                // Long enough that all executors get tasks.
                Thread.sleep(200);
                return new Tuple2<>(SparkEnv.get().executorId(), ProcessHandle.current().pid());
              })
          .collect()
          .forEach(executor -> executors.put(executor._1(), executor._2()));
    }
    return executors;
  }
}
