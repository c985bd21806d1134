package org.sparkfinetune.distributed;

import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.HashPartitioner;
import org.apache.spark.SparkContext;
import org.apache.spark.api.java.JavaPairRDD;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.rdd.RDD;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.functions;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sparkfinetune.UserException;
import org.sparkfinetune.model.HeadTemperature;
import org.sparkfinetune.model.ModelArguments;
import org.sparkfinetune.model.ModelConfig;
import org.sparkfinetune.model.SequenceClassifier;
import org.sparkfinetune.model.io.ChunkedBytes;
import org.sparkfinetune.model.io.ModelFiles;
import org.sparkfinetune.model.io.PretrainedModel;
import org.sparkfinetune.train.CheckpointArguments;
import org.sparkfinetune.train.Precision;
import org.sparkfinetune.train.TrainingArguments;
import org.sparkfinetune.train.TrainingProgress;
import org.sparkfinetune.train.TrainingResult;
import org.sparkfinetune.train.checkpoint.CheckpointStore;
import scala.Tuple2;
import scala.reflect.ClassTag;
import scala.reflect.ClassTag$;

/** Runs the training loop on executors, as a barrier stage of one task a worker. */
public final class DistributedTrainer {
  private static final Logger LOG = LoggerFactory.getLogger(DistributedTrainer.class);

  /** Partitions that the weights come back in; the driver fetches one after the other. */
  private static final int RESULT_PARTITIONS = 16;

  /** Of examples, as {@link Example#shards} takes them. */
  private static final List<String> COLUMNS =
      List.of("input_ids", "second_segment_start", "labels", "is_validation");

  /** Of examples that are weighted. */
  private static final String WEIGHT = "weight";

  private DistributedTrainer() {}

  /**
   * Trains on executors and waits for the end.
   *
   * @param examples columns {@code input_ids} (array of int), {@code second_segment_start} (int),
   *     {@code labels} (array of int), {@code is_validation} (boolean) and, if losses are to be
   *     weighted, {@code weight} (float); the last weights are kept when there are none to validate
   *     on
   * @param labels the label names, by index
   * @param progress called on the driver, with each heartbeat, from a thread of Spark's
   * @throws TrainingDivergedException when the loss is no longer finite; it carries the last good
   *     weights
   * @throws UserException when the pretrained model, arguments or cluster cannot be trained with
   */
  public static TrainedModel train(
      Dataset<Row> examples,
      List<String> labels,
      ModelArguments model,
      TrainingArguments training,
      ResourceArguments resources,
      Consumer<TrainingProgress> progress) {
    try (PretrainedModelHandle base = PretrainedModelHandle.unshared(examples.sparkSession())) {
      return train(examples, labels, base, model, training, resources, progress);
    }
  }

  /**
   * As the other, for a training that shares its base with others.
   *
   * @param base stays the caller's
   */
  public static TrainedModel train(
      Dataset<Row> examples,
      List<String> labels,
      PretrainedModelHandle base,
      ModelArguments model,
      TrainingArguments training,
      ResourceArguments resources,
      Consumer<TrainingProgress> progress) {
    SparkContext spark = examples.sparkSession().sparkContext();
    ResourcePlan plan = plan(spark, training, resources);
    ClusterSlots.await(spark, plan);
    PretrainedModel pretrained = base.pretrained(model);
    ModelConfig config = model.configure(ModelConfig.parse(pretrained.config()), labels);

    refuseOthersCheckpoints(training.checkpoint(), base.hadoop().value().value());

    try (ProgressChannel channel = new ProgressChannel(spark, progress)) {
      TrainingTask task =
          new TrainingTask(
              new TrainingTask.Order(
                  model,
                  config.toJson(),
                  training,
                  plan,
                  Duration.ofSeconds(resources.communicationTimeout()),
                  (long) resources.shardMemoryMb() << 20,
                  ClusterSlots.free(spark, plan),
                  UUID.randomUUID().toString(),
                  base.id(),
                  base.folder(model)),
              base.hadoop(),
              channel.taskEnd());
      return collect(run(examples, plan, task), config, pretrained.tokenizer());
    }
  }

  /**
   * Refuses what cannot be trained with, before any work is done on it.
   *
   * @throws UserException when the cluster runs no barrier stage, {@code max_length} is more than
   *     the model has positions for, {@code metric_for_best_model} is none of the problem type's,
   *     settings of the model exclude each other, or name layers or modules that it has not
   */
  public static void check(
      SparkContext spark,
      ModelConfig pretrained,
      ModelArguments model,
      TrainingArguments training,
      ResourceArguments resources) {
    plan(spark, training, resources);
    // Its labels are not known yet; what is checked does not depend on them.
    ModelConfig config = model.configure(pretrained, List.of());
    SequenceClassifier.requireAdaptable(config, model.adaptation());
    training.evaluation().metricForBestModel(model.problemType());
  }

  /**
   * How many such trainings can run at once, each with all of its workers, on the executors that
   * there are when those have come that the configuration tells of.
   *
   * @throws UserException when not even one can
   */
  public static int atOnce(
      SparkContext spark, TrainingArguments training, ResourceArguments resources) {
    ResourcePlan plan = plan(spark, training, resources);
    ClusterSlots.await(spark, plan);
    return ClusterSlots.awaitConfigured(spark, plan) / plan.slotsNeeded();
  }

  private static ResourcePlan plan(
      SparkContext spark, TrainingArguments training, ResourceArguments resources) {
    ResourcePlan plan =
        ResourcePlan.of(spark.conf(), resources, Runtime.getRuntime().availableProcessors());
    if (training.precision() == Precision.FP16 && plan.device() != DeviceType.CUDA) {
      throw new UserException(
          "training.precision=fp16 is for GPUs: set resources.gpu_per_worker=1, or"
              + " training.precision=bf16");
    }
    return plan;
  }

  /** Those of another training would be taken for this one's by who looks for the newest. */
  private static void refuseOthersCheckpoints(CheckpointArguments arguments, Configuration hadoop) {
    String folder = arguments.checkpointDir();
    if (!folder.isEmpty()
        && !arguments.resume()
        && new CheckpointStore(folder, hadoop).newestWhole(passed -> {}).isPresent()) {
      throw new UserException(
          "training.checkpoint_dir="
              + folder
              + " holds checkpoints of an earlier training: set training.resume=true to go on from"
              + " them, or choose another folder");
    }
  }

  /**
   * Spark does not retry a barrier stage whose tasks give the job's result. The shuffle behind it
   * makes it a map stage, which Spark does retry, and lets the driver fetch the weights in parts.
   */
  private static JavaRDD<Tuple2<Integer, Object>> run(
      Dataset<Row> examples, ResourcePlan plan, TrainingTask task) {
    ClassTag<Tuple2<Integer, Object>> tag = ClassTag$.MODULE$.apply(Tuple2.class);
    RDD<Tuple2<Integer, Object>> workers =
        Example.shards(examples.select(columns(examples)).toJavaRDD(), plan.workers())
            .rdd()
            .barrier()
            .mapPartitions(task, false, tag);
    RDD<Tuple2<Integer, Object>> trained =
        plan.profile().map(workers::withResources).orElse(workers);
    JavaPairRDD<Integer, Object> pairs = JavaPairRDD.fromJavaRDD(trained.toJavaRDD());
    return pairs.partitionBy(new HashPartitioner(RESULT_PARTITIONS)).map(pair -> pair);
  }

  private static Column[] columns(Dataset<Row> examples) {
    List<String> there = List.of(examples.columns());
    return Stream.concat(COLUMNS.stream(), Stream.of(WEIGHT).filter(there::contains))
        .map(functions::col)
        .toArray(Column[]::new);
  }

  private static TrainedModel collect(
      JavaRDD<Tuple2<Integer, Object>> output, ModelConfig config, String tokenizer) {
    TrainingOutcome outcome = null;
    Map<Integer, TrainingOutcome.Chunk> chunks = new TreeMap<>();
    // The outcome is in the first, and says how many of the others have a chunk.
    for (int i = 0; i < RESULT_PARTITIONS && (outcome == null || i <= outcome.chunks()); i++) {
      for (Tuple2<Integer, Object> part : output.collectPartitions(new int[] {i})[0]) {
        if (part._2() instanceof TrainingOutcome value) {
          // A worker that failed says so; the others then have nothing to say.
          outcome = outcome == null || value.failure() != null ? value : outcome;
        } else {
          chunks.put(part._1(), (TrainingOutcome.Chunk) part._2());
        }
      }
    }
    if (outcome == null) {
      throw new IllegalStateException("the training stage gave no outcome");
    }
    if (outcome.failure() != null && !outcome.diverged()) {
      throw new UserException(outcome.failure());
    }
    outcome.result().loaded().lines().forEach(LOG::info);
    ModelConfig trained =
        withTemperature(withThreshold(config, outcome.result()), outcome.result());
    ModelFiles files =
        new ModelFiles(
            trained.toJson(), tokenizer, joined(chunks.values(), outcome), outcome.adapter());
    if (outcome.diverged()) {
      throw new TrainingDivergedException(outcome.failure(), files);
    }
    return new TrainedModel(files, outcome.result());
  }

  /** A threshold to be tuned is now; without an evaluation to tune it on it is the default. */
  private static ModelConfig withThreshold(ModelConfig config, TrainingResult result) {
    if (!config.problemType().task().hasThreshold() || config.threshold().isPresent()) {
      return config;
    }
    return config.withThreshold(result.threshold().orElse(ModelConfig.DEFAULT_THRESHOLD));
  }

  /** A threshold is that of the probabilities as they were trained; it is moved with them. */
  private static ModelConfig withTemperature(ModelConfig config, TrainingResult result) {
    double temperature = result.temperature();
    if (temperature == 1) {
      return config;
    }
    ModelConfig scaled = config.withTemperature(temperature);
    return config.threshold().isPresent()
        ? scaled.withThreshold(
            HeadTemperature.threshold(config.decisionThreshold(), 1 / temperature))
        : scaled;
  }

  /**
   * An executor that is lost while the driver fetches makes Spark train again; the parts fetched
   * before are then of another run than those after.
   */
  private static ChunkedBytes joined(
      Collection<TrainingOutcome.Chunk> chunks, TrainingOutcome outcome) {
    boolean whole =
        chunks.size() == outcome.chunks()
            && chunks.stream().allMatch(chunk -> chunk.run().equals(outcome.run()));
    if (!whole) {
      throw new IllegalStateException(
          "the weights came from more than one run of the training stage: an executor was lost while"
              + " they were fetched. Run again");
    }
    return new ChunkedBytes(chunks.stream().map(TrainingOutcome.Chunk::bytes).toList());
  }
}
