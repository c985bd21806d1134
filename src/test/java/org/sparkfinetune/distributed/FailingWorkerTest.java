package org.sparkfinetune.distributed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.Serializable;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.spark.BarrierTaskContext;
import org.apache.spark.SparkContext;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.rdd.RDD;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sparkfinetune.TestSpark;
import org.sparkfinetune.UserException;
import org.sparkfinetune.config.Schema;
import org.sparkfinetune.model.ModelArguments;
import org.sparkfinetune.train.TrainingArguments;
import org.sparkfinetune.train.TrainingProgress;
import scala.Tuple2;
import scala.collection.Iterator;
import scala.collection.JavaConverters;
import scala.reflect.ClassTag;
import scala.reflect.ClassTag$;
import scala.runtime.AbstractFunction1;

/** What the user has to put right is told once, whichever of the workers comes upon it. */
class FailingWorkerTest {
  private static final List<String> TWO = List.of("num_workers=2", "communication_timeout=20");

  @TempDir Path folder;

  /** The first worker alone writes checkpoints, and this one is in the way of another program's. */
  @Test
  void aCheckpointThatOneWorkerCannotWriteEndsTheTrainingAtOnce() throws Exception {
    Path checkpoints = folder.resolve("checkpoints");
    Files.createDirectories(checkpoints.resolve("checkpoint-2").resolve("another's"));
    SparkSession spark = TestSpark.session();
    try (StageAttempts attempts = new StageAttempts(spark.sparkContext())) {
      assertThatThrownBy(
              () ->
                  DistributedTrainer.train(
                      TrainingMain.rows(spark, 32),
                      TrainingMain.LABELS,
                      model(),
                      TrainingMain.create(
                          "training",
                          TrainingArguments.class,
                          List.of(
                              "per_device_train_batch_size=4",
                              "checkpoint_dir=" + checkpoints,
                              "save_strategy=steps",
                              "save_steps=2")),
                      TrainingMain.create("resources", ResourceArguments.class, TWO),
                      p -> {}))
          .isInstanceOf(UserException.class)
          .hasMessageContaining("checkpoint-2: this folder was not written by spark-finetune")
          .hasMessageNotContaining("\n");
      assertThat(attempts.numbers()).isNotEmpty().containsOnly(0);
    }
  }

  @Test
  void aWorkerThatCannotEvenMeetTheOthersTellsThemWhy() {
    SparkSession spark = TestSpark.session();
    SparkContext context = spark.sparkContext();
    try (PretrainedModelHandle base = PretrainedModelHandle.unshared(spark);
        ProgressChannel channel = new ProgressChannel(context, (TrainingProgress p) -> {})) {
      ResourceArguments resources = TrainingMain.create("resources", ResourceArguments.class, TWO);
      TrainingTask task =
          new TrainingTask(
              new TrainingTask.Order(
                  model(),
                  base.pretrained(model()).config(),
                  TrainingMain.create("training", TrainingArguments.class, List.of()),
                  ResourcePlan.of(context.conf(), resources, 2),
                  Duration.ofSeconds(resources.communicationTimeout()),
                  1 << 20,
                  2,
                  "run",
                  base.id(),
                  base.folder(model())),
              base.hadoop(),
              channel.taskEnd());
      ClassTag<Tuple2<Integer, Object>> tag = ClassTag$.MODULE$.apply(Tuple2.class);
      RDD<Tuple2<Integer, Object>> outcomes =
          JavaSparkContext.fromSparkContext(context)
              .parallelize(List.of(0, 1), 2)
              .rdd()
              .barrier()
              .mapPartitions(new WithoutRowsForOne(task), false, tag);
      assertThat(outcomes.toJavaRDD().collect())
          .hasSize(2)
          .allSatisfy(
              outcome ->
                  assertThat(((TrainingOutcome) outcome._2()).failure()).isEqualTo("no rows here"));
    }
  }

  private ModelArguments model() {
    return Schema.of("model", ModelArguments.class)
        .create(Map.of("base", TrainingMain.base(folder).toString()));
  }

  /** A worker's task, to the second of which something happens when it reads its rows. */
  private static final class WithoutRowsForOne
      extends AbstractFunction1<Iterator<Integer>, Iterator<Tuple2<Integer, Object>>>
      implements Serializable {
    private static final long serialVersionUID = 1L;

    private final TrainingTask task;

    WithoutRowsForOne(TrainingTask task) {
      this.task = task;
    }

    @Override
    public Iterator<Tuple2<Integer, Object>> apply(Iterator<Integer> unused) {
      boolean fails = BarrierTaskContext.get().partitionId() == 1;
      return task.apply(
          JavaConverters.asScalaIterator(
              new java.util.Iterator<Example>() {
                @Override
                public boolean hasNext() {
                  return fails;
                }

                @Override
                public Example next() {
                  throw new UserException("no rows here");
                }
              }));
    }
  }
}
