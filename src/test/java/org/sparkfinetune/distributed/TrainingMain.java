package org.sparkfinetune.distributed;

import static org.apache.spark.sql.functions.lit;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkEnv;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.sparkfinetune.TestModels;
import org.sparkfinetune.config.Schema;
import org.sparkfinetune.config.Setting;
import org.sparkfinetune.model.ModelArguments;
import org.sparkfinetune.model.SequenceClassifier;
import org.sparkfinetune.model.io.HuggingFaceFolder;
import org.sparkfinetune.model.io.ModelFiles;
import org.sparkfinetune.model.io.ModelInputs;
import org.sparkfinetune.torch.Libtorch;
import org.sparkfinetune.train.LogEntry;
import org.sparkfinetune.train.TrainingArguments;
import org.sparkfinetune.train.TrainingProgress;
import scala.Tuple2;

/**
 * A driver that trains tiny models on executors one after the other, for tests that compare what
 * comes of it. Arguments: a folder for the base and for {@code NAME.json} (the log) and {@code
 * NAME.safetensors} (the weights); a step to cancel at, or 0; for each training, between {@value
 * #NEXT}, NAME, how many rows, and settings of {@code training} and {@code resources} as {@code
 * key=value}. Spark's settings are system properties.
 */
public final class TrainingMain {
  static final List<String> LABELS = List.of("card", "loan", "transfer");

  /** Trainings that are cancelled, of which the first is to leave what is needed once. */
  static final int CANCELLED = 3;

  static final int LARGE_BASE_MB = 64;

  /** The word vectors' of {@link TestModels}. */
  private static final int WIDTH = 12;

  static final String NEXT = "--";

  private TrainingMain() {}

  /** Runs in a JVM of its own: a JVM has one SparkContext. */
  public static void main(String[] args) throws Exception {
    Path folder = Path.of(args[0]);
    int cancelAt = Integer.parseInt(args[1]);
    List<List<String>> trainings = new ArrayList<>();
    trainings.add(new ArrayList<>());
    for (String argument : Arrays.asList(args).subList(2, args.length)) {
      if (argument.equals(NEXT)) {
        trainings.add(new ArrayList<>());
      } else {
        trainings.get(trainings.size() - 1).add(argument);
      }
    }
    try (SparkSession spark =
        SparkSession.builder()
            .config(new SparkConf())
            .config("spark.sql.shuffle.partitions", "2")
            .getOrCreate()) {
      for (List<String> training : trainings) {
        Dataset<Row> rows = rows(spark, Integer.parseInt(training.get(1)));
        List<String> settings = training.subList(2, training.size());
        if (cancelAt > 0) {
          cancel(spark, folder, rows, settings, cancelAt);
        } else {
          train(spark, folder, training.get(0), rows, settings);
        }
      }
    }
    System.exit(0);
  }

  private static void train(
      SparkSession spark, Path folder, String name, Dataset<Row> rows, List<String> settings)
      throws IOException {
    try {
      TrainedModel trained =
          train(spark, base(folder), rows, settings, progress -> onProgress(progress));
      new ObjectMapper()
          .writeValue(
              folder.resolve(name + ".json").toFile(),
              trained.result().logHistory().stream().map(LogEntry::toMap).toList());
      try (OutputStream out = Files.newOutputStream(folder.resolve(name + ".safetensors"))) {
        for (byte[] chunk : trained.files().weights().chunks()) {
          out.write(chunk);
        }
      }
      System.out.println("trained " + name);
    } catch (Exception e) {
      System.out.println("failed: " + e);
    }
  }

  /** Cancels one after the other, and prints what the first and the last have left. */
  private static void cancel(
      SparkSession spark, Path folder, Dataset<Row> rows, List<String> settings, int step)
      throws InterruptedException {
    Path base = largeBase(folder);
    for (int i = 0; i < CANCELLED; i++) {
      try {
        train(
            spark,
            base,
            rows,
            settings,
            progress -> {
              onProgress(progress);
              if (progress.step() >= step) {
                spark.sparkContext().cancelAllJobs();
              }
            });
        System.out.println("trained");
      } catch (Exception e) {
        System.out.println("failed: " + e);
      }
      awaitTasks(spark);
      if (i == 0 || i == CANCELLED - 1) {
        System.out.println("resident MB: " + residentMb(spark));
      }
    }
  }

  private static TrainedModel train(
      SparkSession spark,
      Path base,
      Dataset<Row> rows,
      List<String> settings,
      Consumer<TrainingProgress> progress) {
    return DistributedTrainer.train(
        // Not a limit of the rows: which it takes depends on who is first.
        rows.union(rows(spark, 30).withColumn("is_validation", lit(true))),
        LABELS,
        Schema.of("model", ModelArguments.class).create(Map.of("base", base.toString())),
        create("training", TrainingArguments.class, settings),
        create("resources", ResourceArguments.class, settings),
        progress);
  }

  private static void onProgress(TrainingProgress progress) {
    progress.notes().forEach(note -> System.out.println("note: " + note));
    System.out.println("step " + progress.step());
  }

  private static void awaitTasks(SparkSession spark) throws InterruptedException {
    long start = System.nanoTime();
    long end = start + 60_000_000_000L;
    while (running(spark) > 0 && System.nanoTime() < end) {
      Thread.sleep(100);
    }
    System.out.printf(
        "running tasks %d after %d ms%n", running(spark), (System.nanoTime() - start) / 1_000_000);
  }

  /** Of each executor, by its id. */
  private static Map<String, Long> residentMb(SparkSession spark) {
    return new TreeMap<>(
        JavaSparkContext.fromSparkContext(spark.sparkContext())
            .parallelize(List.of(1, 2, 3, 4), 4)
            .mapToPair(
                i -> {
                  System.gc();
                  // Long enough that each executor gets tasks, and to free what is to be freed.
                  Thread.sleep(500);
                  Libtorch.returnFreedMemory();
                  return new Tuple2<>(SparkEnv.get().executorId(), residentMb());
                })
            .reduceByKey(Math::min)
            .collectAsMap());
  }

  private static long residentMb() throws IOException {
    return Files.readAllLines(Path.of("/proc/self/status")).stream()
        .filter(line -> line.startsWith("VmRSS:"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) / 1024)
        .findFirst()
        .orElseThrow();
  }

  private static int running(SparkSession spark) {
    return ClusterSlots.running(spark.sparkContext()).values().stream()
        .mapToInt(Integer::intValue)
        .sum();
  }

  static synchronized Path base(Path folder) {
    Path base = folder.resolve("base");
    if (!Files.exists(base)) {
      write(TestModels.tiny(), base);
    }
    return base;
  }

  /** Of {@value #LARGE_BASE_MB} MB, nearly all of them word vectors. */
  private static Path largeBase(Path folder) {
    Path base = folder.resolve("large-base");
    try (SequenceClassifier model =
        SequenceClassifier.fromScratch(
            TestModels.tinyConfig((LARGE_BASE_MB << 20) / Float.BYTES / WIDTH, LABELS, 0), 42)) {
      write(model.toFiles(TestModels.tiny().tokenizer()), base);
    }
    return base;
  }

  private static void write(ModelFiles files, Path base) {
    HuggingFaceFolder.write(
        files,
        new ModelInputs(128, true),
        new org.apache.hadoop.fs.Path(base.toUri()),
        new Configuration(false));
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
      rows.add(
          RowFactory.create(
              Arrays.stream(ids).boxed().toList(), ids.length, List.of(label), false));
    }
    StructType schema =
        new StructType()
            .add("input_ids", DataTypes.createArrayType(DataTypes.IntegerType))
            .add("second_segment_start", DataTypes.IntegerType)
            .add("labels", DataTypes.createArrayType(DataTypes.IntegerType))
            .add("is_validation", DataTypes.BooleanType);
    return spark.createDataFrame(rows, schema).repartition(3);
  }
}
