package org.sparkfinetune.finetune;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.sparkfinetune.PublicApi;
import org.sparkfinetune.UserException;
import org.sparkfinetune.config.SettingKeys;
import org.sparkfinetune.config.Settings;
import org.sparkfinetune.conformal.SetCoverage;
import org.sparkfinetune.console.Console;
import org.sparkfinetune.data.DataArguments;
import org.sparkfinetune.data.ExampleSplits;
import org.sparkfinetune.evaluate.RiskCoverage;
import org.sparkfinetune.pipeline.ClassifierPipeline;
import org.sparkfinetune.runs.MlflowMetrics;
import org.sparkfinetune.storage.OutputDirectory;
import org.sparkfinetune.storage.OutputFiles;
import org.sparkfinetune.train.InferenceArguments;

/**
 * A measurement of a classifier by labeled rows, as {@code jobs/evaluate} does it. Immutable: each
 * method gives another evaluation.
 */
@PublicApi
public final class Evaluation extends ModelRunBuilder<Evaluation> {
  /** The settings of an evaluation. */
  public static final SettingKeys KEYS =
      DataArguments.labeledRows("test")
          .and(MeasureArguments.SCHEMA)
          .and(InferenceArguments.SCHEMA)
          .and(SliceArguments.SCHEMA)
          .and(ResultRecorder.KEYS);

  private Evaluation(RunOptions options) {
    super(options);
  }

  /** An evaluation of all defaults, by Spark jobs of this session. */
  public static Evaluation on(SparkSession spark) {
    return new Evaluation(RunOptions.of(spark, KEYS, List.of()));
  }

  /**
   * With rows to measure by, in the place of {@code data.test}.
   *
   * @param rows with the columns that {@code data.text_column}, {@code data.label_column} and, of
   *     pairs, {@code data.text_pair_column} name, and those that {@code evaluate.slices} names
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

  private EvaluationResult run(Settings settings) throws IOException, InterruptedException {
    Optional<OutputDirectory> output = options.openIfNamed(OutputFiles.OF_EVALUATION);
    DataArguments arguments = settings.get(DataArguments.SCHEMA);
    SliceArguments slices = settings.get(SliceArguments.SCHEMA);
    ClassifierPipeline pipeline = loadModel(settings);
    Console console = options.console();
    try (ExampleSplits data = Results.prepareTest(options, arguments, pipeline, slices.columns())) {
      if (output.isPresent()) {
        output.get().clear(OutputFiles.OF_EVALUATION);
      }
      console.text(data.report().render() + "\n");
      if (output.isPresent()) {
        Results.writeRejected(data, output.get(), console);
      }
      EvaluationResult result =
          ResultRecorder.record(
              "evaluate",
              settings,
              Map.of("model", modelName()),
              output,
              options.spark(),
              record -> measure(settings, pipeline, data, output, record),
              EvaluationResult::with);
      pipeline.warning().ifPresent(warning -> console.line("warning: %s", warning));
      return result;
    }
  }

  private EvaluationResult measure(
      Settings settings,
      ClassifierPipeline pipeline,
      ExampleSplits data,
      Optional<OutputDirectory> output,
      ResultRecorder record)
      throws IOException {
    DataArguments arguments = settings.get(DataArguments.SCHEMA);
    Dataset<Row> rows = data.test().orElseThrow();
    record.rows("test", rows, data.report().split("test"));
    EvaluationResult result =
        Results.evaluate(
            pipeline,
            rows,
            settings.get(MeasureArguments.SCHEMA).intervals(),
            settings.get(SliceArguments.SCHEMA).options());
    record.metrics("", result.metrics());
    record.metrics("", MlflowMetrics.of(result.measured(), result.labels()));
    result
        .slices()
        .ifPresent(
            found ->
                record.metrics(
                    "slices_", found.figures(settings.get(SliceArguments.SCHEMA).minSliceRows())));
    if (output.isPresent()) {
      output.get().writeJson(OutputFiles.METRICS, result.metrics());
      if (!result.predictionSets().isEmpty()) {
        output
            .get()
            .writeJson(
                OutputFiles.PREDICTION_SETS,
                result.predictionSets().stream().map(SetCoverage::toMap).toList());
      }
      if (result.slices().isPresent()) {
        output.get().writeJsonTree(OutputFiles.SLICES, result.slices().get().toMap());
      }
      if (result.riskCoverage().isPresent()) {
        output
            .get()
            .writeJson(
                OutputFiles.RISK_COVERAGE,
                result.riskCoverage().get().points().stream()
                    .map(RiskCoverage.Point::toMap)
                    .toList());
      }
      Results.writeReport(result, output.get());
      output.get().write(OutputFiles.PAGE, result.page(RunOptions.shown(arguments.test())));
    }
    record.files(OutputFiles.OF_EVALUATION);
    return result;
  }
}
