package org.sparkfinetune.pipeline;

import java.util.Arrays;
import java.util.List;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.sparkfinetune.UserException;
import org.sparkfinetune.annotator.TokenizedExamples;
import org.sparkfinetune.annotator.TransformerClassifierApproach;
import org.sparkfinetune.data.ExampleColumns;
import org.sparkfinetune.data.ExampleSplits;
import org.sparkfinetune.distributed.PretrainedModelHandle;
import org.sparkfinetune.distributed.ResourceArguments;
import org.sparkfinetune.model.ModelArguments;
import org.sparkfinetune.train.TrainingArguments;
import org.sparkfinetune.train.TrainingProgress;

/**
 * Rows, tokenized once, to fine-tune classifiers on any number of times, also from several threads
 * at once. To be closed when the last fine-tuning on it has ended.
 */
public final class ClassifierTraining implements AutoCloseable {
  private final SparkSession spark;
  private final boolean pairs;
  private final List<String> columns;
  private final TokenizedExamples examples;

  private ClassifierTraining(SparkSession spark, List<String> columns, TokenizedExamples examples) {
    this.spark = spark;
    this.columns = columns;
    pairs = columns.contains(ExampleColumns.TEXT_PAIR);
    this.examples = examples;
  }

  /**
   * Fine-tunes.
   *
   * @param examples columns as {@link ExampleColumns} has them: {@code text}, {@code text_pair} (of
   *     pairs alone), {@code label}, {@code weight} (where losses are to be weighted) and {@code
   *     is_validation}, without which the last weights are kept instead of the best
   * @param progress called on the driver, every few seconds, from a thread of its own
   * @throws UserException when they, the settings or the cluster cannot be trained with
   */
  public static ClassifierPipeline fit(
      Dataset<Row> examples,
      ModelArguments model,
      TrainingArguments training,
      ResourceArguments resources,
      Consumer<TrainingProgress> progress) {
    PretrainedModelHandle alone = PretrainedModelHandle.unshared(examples.sparkSession());
    try (ClassifierTraining prepared = prepare(examples, model, training, resources, alone)) {
      return prepared.fit(model, training, resources, progress);
    }
  }

  /**
   * Fine-tunes on examples, and holds their texts no longer than until there are tokens of them:
   * see {@link ExampleSplits#unpersistExamples}.
   *
   * @param progress as of the other
   * @throws UserException as the other
   */
  public static ClassifierPipeline fit(
      ExampleSplits data,
      ModelArguments model,
      TrainingArguments training,
      ResourceArguments resources,
      Consumer<TrainingProgress> progress) {
    Dataset<Row> examples = data.examples();
    PretrainedModelHandle alone = PretrainedModelHandle.unshared(examples.sparkSession());
    try (ClassifierTraining prepared = prepare(examples, model, training, resources, alone)) {
      data.unpersistExamples();
      return prepared.fit(model, training, resources, progress);
    }
  }

  /**
   * Prepares rows to fine-tune on any number of times.
   *
   * @param examples as of {@link #fit}
   * @param model the settings that shape the examples; the others are checked, and may be others
   *     when it comes to fit
   * @throws UserException when they, the rows or the cluster cannot be trained with
   */
  public static ClassifierTraining prepare(
      Dataset<Row> examples,
      ModelArguments model,
      TrainingArguments training,
      ResourceArguments resources) {
    PretrainedModelHandle base = PretrainedModelHandle.shared(examples.sparkSession());
    return prepare(examples, model, training, resources, base);
  }

  /**
   * Prepares rows for a fine-tuning a fold, which leaves the fold out: {@link #fitWithout}.
   *
   * @param examples as of {@link #fit}, with the column {@link ExampleColumns#FOLD}
   * @throws UserException as of {@link #prepare}
   */
  public static ClassifierTraining prepareFolds(
      Dataset<Row> examples,
      ModelArguments model,
      TrainingArguments training,
      ResourceArguments resources) {
    return prepare(
        examples, model, training, resources, TransformerClassifierApproach::prepareFolds);
  }

  private static ClassifierTraining prepare(
      Dataset<Row> examples,
      ModelArguments model,
      TrainingArguments training,
      ResourceArguments resources,
      PretrainedModelHandle base) {
    return prepare(
        examples,
        model,
        training,
        resources,
        (approach, documents) -> approach.prepare(documents, base));
  }

  private static ClassifierTraining prepare(
      Dataset<Row> examples,
      ModelArguments model,
      TrainingArguments training,
      ResourceArguments resources,
      BiFunction<TransformerClassifierApproach, Dataset<Row>, TokenizedExamples> tokenize) {
    SparkSession spark = examples.sparkSession();
    List<String> columns = Arrays.asList(examples.columns());
    boolean pairs = columns.contains(ExampleColumns.TEXT_PAIR);
    Dataset<Row> documents =
        PipelineStages.ofTransformers(
                PipelineStages.withColumns(PipelineStages.assemblers(pairs)), spark)
            .transform(examples);
    TransformerClassifierApproach approach = approach(columns, model, training, resources);
    return new ClassifierTraining(spark, columns, tokenize.apply(approach, documents));
  }

  /**
   * Fine-tunes, by Spark jobs of the calling thread's job group.
   *
   * @throws UserException when settings differ that have shaped the examples, or cannot be trained
   *     with
   */
  public ClassifierPipeline fit(
      ModelArguments model,
      TrainingArguments training,
      ResourceArguments resources,
      Consumer<TrainingProgress> progress) {
    TransformerClassifierApproach approach =
        approach(columns, model, training, resources).setProgress(progress);
    return ClassifierPipeline.of(PipelineStages.assemblers(pairs), approach.fit(examples), spark);
  }

  /** As {@link #fit}, of rows of {@link #prepareFolds}, without those of a fold. */
  public ClassifierPipeline fitWithout(
      int fold,
      ModelArguments model,
      TrainingArguments training,
      ResourceArguments resources,
      Consumer<TrainingProgress> progress) {
    TransformerClassifierApproach approach =
        approach(columns, model, training, resources).setProgress(progress);
    return ClassifierPipeline.of(
        PipelineStages.assemblers(pairs), approach.fitWithout(fold, examples), spark);
  }

  /** To be closed when the last fine-tuning on it has ended. */
  @Override
  public void close() {
    examples.close();
  }

  private static TransformerClassifierApproach approach(
      List<String> columns,
      ModelArguments model,
      TrainingArguments training,
      ResourceArguments resources) {
    TransformerClassifierApproach classifier = new TransformerClassifierApproach();
    classifier.setInputCols(PipelineStages.documents(columns.contains(ExampleColumns.TEXT_PAIR)));
    classifier.setOutputCol(PredictionColumns.CATEGORY);
    classifier.setLabelColumn(ExampleColumns.LABEL);
    classifier.setArguments(model);
    classifier.setArguments(training);
    classifier.setArguments(resources);
    if (columns.contains(ExampleColumns.IS_VALIDATION)) {
      classifier.setValidationIndicatorCol(ExampleColumns.IS_VALIDATION);
    }
    if (columns.contains(ExampleColumns.WEIGHT)) {
      classifier.setWeightCol(ExampleColumns.WEIGHT);
    }
    return classifier;
  }
}
