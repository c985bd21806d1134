package org.sparkfinetune.finetune;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.sparkfinetune.PublicApi;
import org.sparkfinetune.UserException;
import org.sparkfinetune.config.SettingKeys;
import org.sparkfinetune.config.Settings;
import org.sparkfinetune.console.Console;
import org.sparkfinetune.data.DataArguments;
import org.sparkfinetune.data.DatasetPreparation;
import org.sparkfinetune.data.LabelIndex;
import org.sparkfinetune.data.PreparedData;
import org.sparkfinetune.pipeline.ClassifierPipeline;
import org.sparkfinetune.storage.OutputDirectory;
import org.sparkfinetune.storage.OutputFiles;

/**
 * A measurement of a classifier by labelled rows, as {@code jobs/evaluate} does it. Immutable: each
 * method gives another evaluation.
 */
@PublicApi
public final class Evaluation {
  /** The settings of an evaluation. */
  public static final SettingKeys KEYS =
      SettingKeys.of(DataArguments.SCHEMA, "test")
          .and(DataArguments.SCHEMA, DataArguments.formatSettings())
          .and(
              DataArguments.SCHEMA,
              "text_column",
              "text_pair_column",
              "label_column",
              "label_separator");

  private final RunOptions options;
  private final ModelChoice model;

  private Evaluation(RunOptions options, ModelChoice model) {
    this.options = options;
    this.model = model;
  }

  /** An evaluation of all defaults, by Spark jobs of this session. */
  public static Evaluation on(SparkSession spark) {
    return new Evaluation(RunOptions.of(spark, KEYS, List.of()), ModelChoice.NONE);
  }

  private Evaluation with(RunOptions other) {
    return new Evaluation(other, model);
  }

  /**
   * With a model to load.
   *
   * @param path the output folder of a fine-tuning or a study, a saved pipeline of these, or a
   *     fine-tuned classifier in Hugging Face's form or MLflow's
   */
  public Evaluation model(String path) {
    return new Evaluation(options, ModelChoice.of(path));
  }

  /** With a model that is there. */
  public Evaluation model(TextClassifier classifier) {
    return new Evaluation(options, ModelChoice.of(classifier));
  }

  /**
   * With a setting, by the key that the command line has.
   *
   * @param key of {@code data}, as {@code data.label_column}; or {@code output} or {@code
   *     overwrite}
   * @throws UserException when the key is unknown or the value is not allowed
   */
  public Evaluation set(String key, Object value) {
    return with(options.set(key, value));
  }

  /** With these settings and no others. */
  public Evaluation settings(Settings settings) {
    return with(options.settings(settings));
  }

  /**
   * With rows to measure by, in the place of {@code data.test}.
   *
   * @param rows with the columns that {@code data.text_column}, {@code data.label_column} and, of
   *     pairs, {@code data.text_pair_column} name
   */
  public Evaluation test(Dataset<Row> rows) {
    return with(options.rows("test", rows));
  }

  /** With a folder for metrics, report and the rows that were not used; by default none. */
  public Evaluation output(String folder) {
    return with(options.output(folder));
  }

  /** With what is to be done about an output that holds something: by default it is refused. */
  public Evaluation overwrite(boolean value) {
    return with(options.overwrite(value));
  }

  /** With somewhere to show what was read; by default standard output. */
  public Evaluation console(Console console) {
    return with(options.console(console));
  }

  /**
   * Measures.
   *
   * @throws UserException when there is no such model, or rows or output cannot be worked with
   */
  public EvaluationResult run() {
    return options.use(this::run);
  }

  private EvaluationResult run(Settings settings) throws IOException {
    Optional<OutputDirectory> output =
        options.output().isEmpty()
            ? Optional.empty()
            : Optional.of(options.open(OutputFiles.OF_EVALUATION));
    DataArguments arguments = settings.get(DataArguments.SCHEMA);
    ClassifierPipeline pipeline = model.load(options.spark(), arguments.textPair().isPresent());
    pipeline.checkPairs(arguments.textPair());
    Console console = options.console();
    try (PreparedData data =
        DatasetPreparation.prepareTest(
            options.spark(),
            arguments,
            pipeline.problemType().task().hasLabelSets(),
            LabelIndex.of(pipeline.labels()))) {
      if (output.isPresent()) {
        output.get().clear(OutputFiles.OF_EVALUATION);
      }
      console.text(data.report().render() + "\n");
      if (output.isPresent()) {
        Results.writeRejected(data, output.get(), console);
      }
      EvaluationResult result = Results.evaluate(pipeline, data.test().orElseThrow());
      if (output.isPresent()) {
        output.get().writeJson(OutputFiles.METRICS, result.metrics());
        Results.writeReport(result, output.get());
      }
      pipeline.warning().ifPresent(warning -> console.line("warning: %s", warning));
      return result;
    }
  }
}
