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
import org.sparkfinetune.data.ExampleSplits;
import org.sparkfinetune.data.LabelIndex;
import org.sparkfinetune.pipeline.ClassifierPipeline;
import org.sparkfinetune.storage.OutputDirectory;
import org.sparkfinetune.storage.OutputFiles;

/**
 * A measurement of a classifier by labeled rows, as {@code jobs/evaluate} does it. Immutable: each
 * method gives another evaluation.
 */
@PublicApi
public final class Evaluation extends RunBuilder<Evaluation> {
  /** The settings of an evaluation. */
  public static final SettingKeys KEYS =
      SettingKeys.of(DataArguments.SCHEMA, "test")
          .and(DataArguments.SCHEMA, DataArguments.formatSettings())
          .and(
              DataArguments.SCHEMA,
              "text_column",
              "text_pair_column",
              "label_column",
              "label_separator")
          .and(MeasureArguments.SCHEMA);

  private final ModelChoice model;

  private Evaluation(RunOptions options, ModelChoice model) {
    super(options);
    this.model = model;
  }

  /** An evaluation of all defaults, by Spark jobs of this session. */
  public static Evaluation on(SparkSession spark) {
    return new Evaluation(RunOptions.of(spark, KEYS, List.of()), ModelChoice.NONE);
  }

  @Override
  protected Evaluation with(RunOptions other) {
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
    try (ExampleSplits data =
        DatasetPreparation.prepareTest(
            options.spark(), arguments, pipeline.problemType(), LabelIndex.of(pipeline.labels()))) {
      if (output.isPresent()) {
        output.get().clear(OutputFiles.OF_EVALUATION);
      }
      console.text(data.report().render() + "\n");
      if (output.isPresent()) {
        Results.writeRejected(data, output.get(), console);
      }
      EvaluationResult result =
          Results.evaluate(
              pipeline,
              data.test().orElseThrow(),
              settings.get(MeasureArguments.SCHEMA).intervals());
      if (output.isPresent()) {
        output.get().writeJson(OutputFiles.METRICS, result.metrics());
        Results.writeReport(result, output.get());
        output.get().write(OutputFiles.PAGE, result.page(RunOptions.shown(arguments.test())));
      }
      pipeline.warning().ifPresent(warning -> console.line("warning: %s", warning));
      return result;
    }
  }
}
