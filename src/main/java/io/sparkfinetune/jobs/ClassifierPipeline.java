package io.sparkfinetune.jobs;

import com.johnsnowlabs.nlp.DocumentAssembler;
import io.sparkfinetune.UserException;
import io.sparkfinetune.annotator.TransformerClassifierApproach;
import io.sparkfinetune.annotator.TransformerClassifierModel;
import io.sparkfinetune.model.ModelArguments;
import io.sparkfinetune.train.TrainingArguments;
import io.sparkfinetune.train.TrainingProgress;
import io.sparkfinetune.train.TrainingResult;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.apache.hadoop.fs.Path;
import org.apache.spark.ml.Pipeline;
import org.apache.spark.ml.PipelineModel;
import org.apache.spark.ml.PipelineStage;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.functions;

/** The fitted pipeline of the jobs: a DocumentAssembler and the classifier. */
final class ClassifierPipeline {
  /** The column of CATEGORY annotations. */
  static final String CATEGORY = "category";

  private static final String DOCUMENT = "document";
  private static final String IS_VALIDATION = "is_validation";

  private final PipelineModel model;

  private ClassifierPipeline(PipelineModel model) {
    this.model = model;
  }

  /**
   * Fine-tunes.
   *
   * @param train columns {@code text} and {@code label}
   * @param validation the same, or empty to keep the last weights
   */
  static ClassifierPipeline fit(
      Dataset<Row> train,
      Optional<Dataset<Row>> validation,
      ModelArguments model,
      TrainingArguments training,
      Consumer<TrainingProgress> progress) {
    DocumentAssembler assembler = new DocumentAssembler();
    assembler.setInputCol(JobData.TEXT);
    assembler.setOutputCol(DOCUMENT);
    TransformerClassifierApproach classifier = new TransformerClassifierApproach();
    classifier.setInputCols(new String[] {DOCUMENT});
    classifier.setOutputCol(CATEGORY);
    classifier.setLabelColumn(JobData.LABEL);
    classifier.setArguments(model);
    classifier.setArguments(training);
    classifier.setProgress(progress);
    Dataset<Row> rows = train;
    if (validation.isPresent()) {
      classifier.setValidationIndicatorCol(IS_VALIDATION);
      rows =
          train
              .withColumn(IS_VALIDATION, functions.lit(false))
              .unionByName(validation.get().withColumn(IS_VALIDATION, functions.lit(true)));
    }
    Pipeline pipeline = new Pipeline().setStages(new PipelineStage[] {assembler, classifier});
    return new ClassifierPipeline(pipeline.fit(rows));
  }

  /**
   * Loads a pipeline that {@code fine-tune} has saved.
   *
   * @throws UserException when there is none at the path
   */
  static ClassifierPipeline load(SparkSession spark, String path) throws IOException {
    Path metadata = new Path(path, "metadata");
    if (!metadata.getFileSystem(spark.sparkContext().hadoopConfiguration()).exists(metadata)) {
      throw new UserException(
          "model="
              + path
              + ": there is no saved model; expected the folder \"model\" that fine-tune writes");
    }
    ClassifierPipeline pipeline = new ClassifierPipeline(PipelineModel.load(path));
    if (pipeline.find(TransformerClassifierModel.class).isEmpty()
        || pipeline.find(DocumentAssembler.class).isEmpty()) {
      throw new UserException(
          "model="
              + path
              + " is a pipeline without a DocumentAssembler or a TransformerClassifierModel");
    }
    return pipeline;
  }

  /** Saves the pipeline for {@code PipelineModel.load}. */
  void save(String path) throws IOException {
    model.write().overwrite().save(path);
  }

  /** The rows with the columns that {@link Predictions} adds. */
  Dataset<Row> predict(Dataset<Row> rows, String textColumn) {
    String classifierText = find(DocumentAssembler.class).orElseThrow().getInputCol();
    return Predictions.of(model, classifierText, rows, textColumn, labels());
  }

  /** The label names, by index. */
  List<String> labels() {
    return List.of(classifier().getClasses());
  }

  /** What the training reported. */
  TrainingResult trainingResult() {
    return classifier().trainingSummary().orElseThrow();
  }

  private TransformerClassifierModel classifier() {
    return find(TransformerClassifierModel.class).orElseThrow();
  }

  private <T> Optional<T> find(Class<T> stage) {
    return Arrays.stream(model.stages()).filter(stage::isInstance).map(stage::cast).findFirst();
  }
}
