package org.sparkfinetune.finetune;

import org.apache.spark.sql.SparkSession;
import org.sparkfinetune.UserException;
import org.sparkfinetune.config.Settings;
import org.sparkfinetune.data.DataArguments;
import org.sparkfinetune.pipeline.ClassifierPipeline;
import org.sparkfinetune.train.InferenceArguments;

/** A model that is there, or is loaded when it is needed. */
@FunctionalInterface
interface ModelChoice {
  /** Nobody has named one. */
  ModelChoice NONE =
      (spark, pairs) -> {
        throw new UserException("model is not set: expected a path, or a classifier");
      };

  /** The one at a path. */
  static ModelChoice of(String path) {
    return new ModelChoice() {
      @Override
      public ClassifierPipeline load(SparkSession spark, boolean pairs) {
        return ClassifierPipeline.load(spark, path, pairs);
      }

      @Override
      public String name() {
        return path;
      }
    };
  }

  /** This one. */
  static ModelChoice of(TextClassifier classifier) {
    return (spark, pairs) -> classifier.classifierPipeline();
  }

  /** What a record calls it. */
  default String name() {
    return "TextClassifier";
  }

  /**
   * The model.
   *
   * @param pairs whether the rows hold pairs of texts
   */
  ClassifierPipeline load(SparkSession spark, boolean pairs);

  /**
   * The model for rows, computing as the settings say.
   *
   * @throws UserException as {@link #load(RunOptions, DataArguments)}
   */
  default ClassifierPipeline load(RunOptions options, Settings settings) {
    return load(options, settings.get(DataArguments.SCHEMA))
        .with(settings.get(InferenceArguments.SCHEMA));
  }

  /**
   * The model for rows.
   *
   * @throws UserException when it takes pairs of texts and the rows are single ones, or the other
   *     way round
   */
  default ClassifierPipeline load(RunOptions options, DataArguments rows) {
    ClassifierPipeline pipeline = load(options.spark(), rows.textPair().isPresent());
    pipeline.checkPairs(rows.textPair());
    return pipeline;
  }
}
