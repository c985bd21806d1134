package org.sparkfinetune.audit;

import static org.apache.spark.ml.functions.vector_to_array;
import static org.apache.spark.sql.functions.col;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletionService;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Consumer;
import org.apache.spark.SparkContext;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.SparkSession;
import org.sparkfinetune.config.Settings;
import org.sparkfinetune.console.FoldsProgress;
import org.sparkfinetune.data.ExampleColumns;
import org.sparkfinetune.pipeline.ClassifierPipeline;
import org.sparkfinetune.pipeline.ClassifierTraining;
import org.sparkfinetune.pipeline.FineTuneSchema;
import org.sparkfinetune.pipeline.PredictionColumns;
import org.sparkfinetune.storage.OutputDirectory;
import org.sparkfinetune.storage.OutputFiles;
import org.sparkfinetune.train.IntervalStrategy;
import org.sparkfinetune.train.TrainingArguments;
import org.sparkfinetune.train.TrainingProgress;

/**
 * Predicts each row by a model that was trained without its fold. The rows are tokenized once for
 * all trainings, which run at the same time, each by Spark jobs of a group of its own.
 *
 * <p>What each model says lies in {@code folds/N} of the output as Parquet: {@code id}, {@code
 * text}, {@code label} and {@code probabilities}, an array in the order of the labels. A fold that
 * is there is not predicted again.
 */
final class OutOfFold {
  private final Settings settings;
  private final OutputDirectory output;
  private final SparkSession spark;

  /**
   * @param settings those of the trainings, with what each gets of this machine
   */
  OutOfFold(Settings settings, OutputDirectory output, SparkSession spark) {
    this.settings = settings;
    this.output = output;
    this.spark = spark;
  }

  private static String folder(int fold) {
    return OutputFiles.FOLDS + "/" + fold;
  }

  private static String checkpoints(int fold) {
    return OutputFiles.FOLDS + "/" + OutputFiles.CHECKPOINTS + "-" + fold;
  }

  /** Whether a name in the folder of folds can be one of an audit's. */
  static boolean isOwn(String name) {
    return name.matches("\\d+|" + OutputFiles.CHECKPOINTS + "-\\d+|settings\\.txt|\\..*");
  }

  /**
   * Trains, predicts and gives what was predicted.
   *
   * @param rows with {@link ExampleColumns#FOLD} and {@link ExampleColumns#ID}
   * @param slots trainings that run at once
   */
  Dataset<Row> predict(Dataset<Row> rows, int folds, int slots, FoldsProgress progress)
      throws IOException, InterruptedException {
    List<Integer> missing = new ArrayList<>();
    for (int fold = 0; fold < folds; fold++) {
      if (output.exists(folder(fold) + "/_SUCCESS")) {
        progress.done(fold);
      } else {
        missing.add(fold);
      }
    }
    if (!missing.isEmpty()) {
      try (ClassifierTraining prepared =
          ClassifierTraining.prepareFolds(
              rows.drop(ExampleColumns.ROW),
              settings.get(FineTuneSchema.MODEL),
              settings.get(FineTuneSchema.TRAINING),
              settings.get(FineTuneSchema.RESOURCES))) {
        predict(rows.drop(ExampleColumns.ROW), prepared, missing, slots, progress);
      }
    }
    Dataset<Row> predicted = null;
    for (int fold = 0; fold < folds; fold++) {
      Dataset<Row> ofFold = spark.read().parquet(output.path(folder(fold)));
      predicted = predicted == null ? ofFold : predicted.union(ofFold);
    }
    return predicted;
  }

  private void predict(
      Dataset<Row> rows,
      ClassifierTraining prepared,
      List<Integer> missing,
      int slots,
      FoldsProgress progress)
      throws InterruptedException {
    String group = "spark-finetune audit " + UUID.randomUUID() + " fold ";
    ExecutorService threads = Executors.newFixedThreadPool(Math.min(slots, missing.size()));
    CompletionService<Integer> trainings = new ExecutorCompletionService<>(threads);
    try {
      for (int fold : missing) {
        trainings.submit(
            () -> {
              spark.sparkContext().setJobGroup(group + fold, "fold " + fold, true);
              predict(rows, prepared, fold, progress.of(fold));
              return fold;
            });
      }
      for (int i = 0; i < missing.size(); i++) {
        progress.done(trainings.take().get());
      }
    } catch (ExecutionException e) {
      throw unchecked(e.getCause());
    } finally {
      threads.shutdownNow();
      SparkContext context = spark.sparkContext();
      if (!context.isStopped()) {
        missing.forEach(fold -> context.cancelJobGroup(group + fold));
      }
    }
  }

  private static RuntimeException unchecked(Throwable cause) {
    if (cause instanceof Error error) {
      throw error;
    }
    return cause instanceof RuntimeException already ? already : new IllegalStateException(cause);
  }

  private void predict(
      Dataset<Row> rows, ClassifierTraining prepared, int fold, Consumer<TrainingProgress> progress)
      throws IOException {
    ClassifierPipeline pipeline =
        prepared.fitWithout(
            fold,
            settings.get(FineTuneSchema.MODEL),
            training(fold),
            settings.get(FineTuneSchema.RESOURCES),
            progress);
    Dataset<Row> ofFold = rows.where(col(ExampleColumns.FOLD).equalTo(fold));
    pipeline
        .probabilities(ofFold)
        .select(
            col(PredictionColumns.ROW).getField(ExampleColumns.ID).as(ExampleColumns.ID),
            col(PredictionColumns.ROW).getField(ExampleColumns.TEXT).as(ExampleColumns.TEXT),
            col(PredictionColumns.ROW).getField(ExampleColumns.LABEL).as(ExampleColumns.LABEL),
            vector_to_array(col(PredictionColumns.PROBABILITY), "float64").as("probabilities"))
        .write()
        .mode(SaveMode.Overwrite)
        .parquet(output.path(folder(fold)));
    output.delete(checkpoints(fold));
  }

  /** With a folder for its checkpoints, where it has any, from which it goes on. */
  private TrainingArguments training(int fold) {
    TrainingArguments training = settings.get(FineTuneSchema.TRAINING);
    Map<String, Object> values = FineTuneSchema.TRAINING.values(training);
    if (training.checkpoint().saveStrategy() != IntervalStrategy.NO) {
      values.put("checkpoint_dir", output.path(checkpoints(fold)));
      values.put("resume", true);
    }
    return FineTuneSchema.TRAINING.create(values);
  }
}
