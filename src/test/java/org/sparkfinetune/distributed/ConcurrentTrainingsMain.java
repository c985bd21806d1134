package org.sparkfinetune.distributed;

import java.io.Serializable;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkContext;
import org.apache.spark.SparkEnv;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.sparkfinetune.config.Schema;
import org.sparkfinetune.model.ModelArguments;
import org.sparkfinetune.train.TrainingArguments;
import org.sparkfinetune.train.TrainingProgress;

/**
 * A driver that trains tiny models at once, on rows and a base that they share; the test reads what
 * it prints. Arguments: a folder for the base. Spark's settings are system properties.
 */
public final class ConcurrentTrainingsMain {
  private static final List<String> FIRST = List.of("num_train_epochs=3", "learning_rate=1e-3");
  private static final List<String> SECOND =
      List.of("num_train_epochs=30", "learning_rate=5e-3", "seed=7");

  private final SparkSession spark;
  private final Dataset<Row> rows;
  private final ModelArguments model;
  private final ExecutorService threads = Executors.newCachedThreadPool();

  private ConcurrentTrainingsMain(SparkSession spark, Path folder) {
    this.spark = spark;
    rows = TrainingMain.rows(spark, 96).cache();
    model =
        Schema.of("model", ModelArguments.class)
            .create(Map.of("base", TrainingMain.base(folder).toString(), "hidden_dropout", 0.2));
  }

  /** Runs in a JVM of its own: a JVM has one SparkContext. */
  public static void main(String[] args) throws Exception {
    try (SparkSession spark =
        SparkSession.builder()
            .config(new SparkConf())
            .config("spark.sql.shuffle.partitions", "2")
            .getOrCreate()) {
      ConcurrentTrainingsMain main = new ConcurrentTrainingsMain(spark, Path.of(args[0]));
      System.out.println("executors: " + main.onExecutors(() -> ""));
      byte[][] first;
      byte[][] second;
      try (PretrainedModelHandle one = PretrainedModelHandle.unshared(spark)) {
        first = main.train(one, FIRST, progress -> {});
        second = main.train(one, SECOND, progress -> {});
      }
      System.out.println("differ: " + !Arrays.deepEquals(first, second));
      try (PretrainedModelHandle many = PretrainedModelHandle.shared(spark)) {
        main.atOnce(many, first, second);
        main.cancelled(many, second);
        System.out.println(
            "reads: " + main.onExecutors(() -> "" + PretrainedWeightsCache.OF_PROCESS.reads()));
        System.out.println(
            "bytes shared: "
                + main.onExecutors(() -> "" + PretrainedWeightsCache.OF_PROCESS.bytes()));
      }
      System.out.println(
          "bytes left: " + main.onExecutors(() -> "" + PretrainedWeightsCache.OF_PROCESS.bytes()));
    }
    System.exit(0);
  }

  /** Two of one worker each. */
  private void atOnce(PretrainedModelHandle base, byte[][] first, byte[][] second)
      throws Exception {
    Future<byte[][]> one = threads.submit(() -> train(base, FIRST, progress -> {}));
    Future<byte[][]> other = threads.submit(() -> train(base, SECOND, progress -> {}));
    System.out.println("first at once: " + Arrays.deepEquals(one.get(), first));
    System.out.println("second at once: " + Arrays.deepEquals(other.get(), second));
  }

  /** A long one is cancelled by its job group; one at its side goes on, one after it begins. */
  private void cancelled(PretrainedModelHandle base, byte[][] second) throws Exception {
    CountDownLatch running = new CountDownLatch(1);
    Future<?> cancelled =
        threads.submit(
            () -> {
              spark.sparkContext().setJobGroup("long", "to be cancelled", false);
              try {
                train(
                    base,
                    List.of("num_train_epochs=100000"),
                    progress -> {
                      if (progress.step() > 20) {
                        running.countDown();
                      }
                    });
                System.out.println("the long one ended by itself");
              } catch (Exception e) {
                System.out.println("cancelled: " + e.getMessage().lines().findFirst().get());
              }
            });
    running.await();
    System.out.println(slots());
    CountDownLatch atItsSide = new CountDownLatch(1);
    Future<byte[][]> other =
        threads.submit(() -> train(base, SECOND, progress -> atItsSide.countDown()));
    // Needs both slots, and has to wait for both.
    Future<byte[][]> last =
        threads.submit(
            () -> train(base, List.of("num_train_epochs=1", "num_workers=2"), progress -> {}));
    atItsSide.await();
    System.out.println("both run: " + !(other.isDone() || cancelled.isDone()));
    spark.sparkContext().cancelJobGroup("long");
    cancelled.get();
    System.out.println("at its side: " + Arrays.deepEquals(other.get(), second));
    System.out.println("of two workers: " + (last.get().length > 0));
  }

  /** As a training of two workers sees them, which needs both. */
  private String slots() {
    SparkContext context = spark.sparkContext();
    ResourcePlan plan =
        ResourcePlan.of(
            context.conf(),
            TrainingMain.create("resources", ResourceArguments.class, List.of("num_workers=2")),
            Runtime.getRuntime().availableProcessors());
    ClusterSlots.await(context, plan);
    return "slots there "
        + ClusterSlots.there(context, plan)
        + ", free "
        + ClusterSlots.free(context, plan);
  }

  private byte[][] train(
      PretrainedModelHandle base, List<String> settings, Consumer<TrainingProgress> progress) {
    TrainedModel trained =
        DistributedTrainer.train(
            rows,
            TrainingMain.LABELS,
            base,
            model,
            TrainingMain.create("training", TrainingArguments.class, settings),
            TrainingMain.create("resources", ResourceArguments.class, settings),
            progress);
    return trained.files().weights().chunks().toArray(byte[][]::new);
  }

  /** Executor ids, process ids and what is asked there, in order. */
  private List<String> onExecutors(SerializableSupplier<String> asked) {
    return JavaSparkContext.fromSparkContext(spark.sparkContext())
        .parallelize(IntStream.range(0, 4).boxed().toList(), 4)
        .map(
            i -> {
              // Long enough that both executors get tasks, and to free what is to be freed.
              Thread.sleep(1000);
              return SparkEnv.get().executorId()
                  + "="
                  + ProcessHandle.current().pid()
                  + "="
                  + asked.get();
            })
        .distinct()
        .collect()
        .stream()
        .sorted()
        .toList();
  }

  private interface SerializableSupplier<T> extends Supplier<T>, Serializable {}
}
