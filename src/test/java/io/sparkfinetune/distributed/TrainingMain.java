package io.sparkfinetune.distributed;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.sparkfinetune.TestModels;
import io.sparkfinetune.config.Schema;
import io.sparkfinetune.config.Setting;
import io.sparkfinetune.model.ModelArguments;
import io.sparkfinetune.model.io.HuggingFaceFolder;
import io.sparkfinetune.model.io.ModelInputs;
import io.sparkfinetune.train.TrainingArguments;
import io.sparkfinetune.train.TrainingProgress;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.bytedeco.javacpp.Pointer;

/**
 * A driver that trains a tiny model on executors, for tests that compare what comes of it.
 * Arguments: a folder for the base and for {@code NAME.json} (the log) and {@code NAME.safetensors}
 * (the weights); NAME; how many rows; a step to cancel at, or 0; settings of {@code training} and
 * {@code resources} as {@code key=value}. Spark's settings are system properties.
 */
public final class TrainingMain {
  static final List<String> LABELS = List.of("card", "loan", "transfer");

  private TrainingMain() {}

  /** Runs in a JVM of its own: a JVM has one SparkContext. */
  public static void main(String[] args) throws Exception {
    Path folder = Path.of(args[0]);
    int cancelAt = Integer.parseInt(args[3]);
    List<String> settings = Arrays.asList(args).subList(4, args.length);
    try (SparkSession spark =
        SparkSession.builder()
            .config(new SparkConf())
            .config("spark.sql.shuffle.partitions", "2")
            .getOrCreate()) {
      Dataset<Row> rows = rows(spark, Integer.parseInt(args[2]));
      try {
        TrainedModel trained =
            DistributedTrainer.train(
                rows,
                // Not a limit of the rows: which it takes depends on who is first.
                Optional.of(rows(spark, 30)),
                LABELS,
                Schema.of("model", ModelArguments.class)
                    .create(Map.of("base", base(folder).toString())),
                create("training", TrainingArguments.class, settings),
                create("resources", ResourceArguments.class, settings),
                progress -> onProgress(progress, spark, cancelAt));
        new ObjectMapper()
            .writeValue(folder.resolve(args[1] + ".json").toFile(), trained.result().logHistory());
        try (OutputStream out = Files.newOutputStream(folder.resolve(args[1] + ".safetensors"))) {
          for (byte[] chunk : trained.files().weights().chunks()) {
            out.write(chunk);
          }
        }
        System.out.println("trained");
      } catch (Exception e) {
        System.out.println("failed: " + e);
      }
      if (cancelAt > 0) {
        printWhatIsLeft(spark);
      }
    }
    System.exit(0);
  }

  private static void onProgress(TrainingProgress progress, SparkSession spark, int cancelAt) {
    progress.notes().forEach(note -> System.out.println("note: " + note));
    System.out.println("step " + progress.step());
    if (cancelAt > 0 && progress.step() >= cancelAt) {
      System.out.println("cancelling");
      spark.sparkContext().cancelAllJobs();
    }
  }

  /** Of natives, on each executor, when its tasks have ended. */
  private static void printWhatIsLeft(SparkSession spark) throws InterruptedException {
    long end = System.nanoTime() + 60_000_000_000L;
    long start = System.nanoTime();
    while (running(spark) > 0 && System.nanoTime() < end) {
      Thread.sleep(100);
    }
    System.out.printf(
        "running tasks %d after %d ms%n", running(spark), (System.nanoTime() - start) / 1_000_000);
    System.out.println(
        "native bytes: "
            + JavaSparkContext.fromSparkContext(spark.sparkContext())
                .parallelize(List.of(1, 2, 3, 4), 4)
                .map(
                    i -> {
                      System.gc();
                      Thread.sleep(1000);
                      return Pointer.totalBytes();
                    })
                .collect());
  }

  private static int running(SparkSession spark) {
    return ClusterSlots.running(spark.sparkContext()).values().stream()
        .mapToInt(Integer::intValue)
        .sum();
  }

  static synchronized Path base(Path folder) {
    Path base = folder.resolve("base");
    if (!Files.exists(base)) {
      HuggingFaceFolder.write(
          TestModels.tiny(),
          new ModelInputs(128, true),
          new org.apache.hadoop.fs.Path(base.toUri()),
          new Configuration(false));
    }
    return base;
  }

  /** Those of the settings that are the schema's; small steps in fp32 unless told otherwise. */
  static <R extends Record> R create(String section, Class<R> type, List<String> settings) {
    Schema<R> schema = Schema.of(section, type);
    List<String> known = schema.settings().stream().map(Setting::name).toList();
    Map<String, Object> values = new HashMap<>();
    if (section.equals("training")) {
      values.putAll(Map.of("precision", "fp32", "learning_rate", 1e-3, "logging_steps", 1));
      // The gradient of the keys' biases is rounding alone; Adam would make steps of it.
      values.put("adam_epsilon", 1e-5);
    }
    for (String setting : settings) {
      String[] pair = setting.split("=", 2);
      if (known.contains(pair[0])) {
        values.put(pair[0], pair[1]);
      }
    }
    return schema.create(values);
  }

  /** Rows of 3 to 12 tokens, the same each time; a label's rows hold that label's token. */
  static Dataset<Row> rows(SparkSession spark, int count) {
    Random random = new Random(5);
    List<Row> rows = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int label = i % LABELS.size();
      int[] ids = random.ints(3 + random.nextInt(10), 1000, 1200).toArray();
      ids[random.nextInt(ids.length)] = 2000 + label;
      rows.add(RowFactory.create(Arrays.stream(ids).boxed().toList(), ids.length, List.of(label)));
    }
    StructType schema =
        new StructType()
            .add("input_ids", DataTypes.createArrayType(DataTypes.IntegerType))
            .add("type_one_start", DataTypes.IntegerType)
            .add("labels", DataTypes.createArrayType(DataTypes.IntegerType));
    return spark.createDataFrame(rows, schema).repartition(3);
  }
}
