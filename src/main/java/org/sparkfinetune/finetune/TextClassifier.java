package org.sparkfinetune.finetune;

import java.util.List;
import java.util.Optional;
import org.apache.spark.ml.PipelineModel;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.sparkfinetune.PublicApi;
import org.sparkfinetune.UserException;
import org.sparkfinetune.pipeline.ClassifierPipeline;

/**
 * A fine-tuned classifier of texts, or of pairs of them: a pipeline from the columns {@code text}
 * and, of pairs, {@code text_pair} to the column {@code category}.
 */
@PublicApi
public final class TextClassifier {
  private final ClassifierPipeline pipeline;

  TextClassifier(ClassifierPipeline pipeline) {
    this.pipeline = pipeline;
  }

  /**
   * Loads a classifier. Nothing in its folder is executed.
   *
   * @param path the output folder of a fine-tuning or a study, a saved pipeline of these, or a
   *     fine-tuned classifier of single texts in Hugging Face's form or MLflow's; also {@code
   *     ORG/NAME} of the hub
   * @throws UserException when there is none at the path, or it is damaged
   */
  public static TextClassifier load(SparkSession spark, String path) {
    return new TextClassifier(ClassifierPipeline.load(spark, path, false));
  }

  /** The label names, by index. */
  public List<String> labels() {
    return pipeline.labels();
  }

  /** Whether a text has a set of labels instead of one. */
  public boolean isMultiLabel() {
    return pipeline.problemType().task().hasLabelSets();
  }

  /** The pipeline as Spark has it: a DocumentAssembler, of pairs two, and the classifier. */
  public PipelineModel pipeline() {
    return pipeline.model();
  }

  /**
   * Classifies rows of single texts.
   *
   * @param textColumn the column of strings that holds the texts
   * @return the rows with all their columns and {@code prediction} (a string, or an array of
   *     strings for multi-label models; null for a null or blank text), {@code confidence} (from 0
   *     to 1; not for multi-label models) and {@code probabilities} (a map of label to probability)
   * @throws UserException when the classifier takes pairs, or the rows lack the column or have one
   *     of those that are added
   */
  public Dataset<Row> predict(Dataset<Row> rows, String textColumn) {
    return pipeline.predict(rows, textColumn, Optional.empty());
  }

  /**
   * Classifies rows of pairs of texts, as {@link #predict(Dataset, String)} does single ones.
   *
   * @throws UserException when the classifier takes single texts, or as that does
   */
  public Dataset<Row> predict(Dataset<Row> rows, String textColumn, String textPairColumn) {
    return pipeline.predict(rows, textColumn, Optional.of(textPairColumn));
  }

  /** Saves the pipeline, in the place of one that is there, for {@link #load} and Spark's own. */
  public void save(String path) {
    RunOptions.unchecked(
        () -> {
          pipeline.save(path);
          return null;
        });
  }

  /** The pipeline as this project's packages use it. */
  ClassifierPipeline classifierPipeline() {
    return pipeline;
  }
}
