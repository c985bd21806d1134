package org.sparkfinetune.finetune;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.SparkSession;
import org.sparkfinetune.PublicApi;
import org.sparkfinetune.config.SettingKeys;
import org.sparkfinetune.config.Settings;
import org.sparkfinetune.console.Console;
import org.sparkfinetune.data.DataArguments;
import org.sparkfinetune.data.ExampleSplits;
import org.sparkfinetune.pipeline.ClassifierPipeline;
import org.sparkfinetune.pipeline.PairedPredictions;
import org.sparkfinetune.report.DisagreeingRow;
import org.sparkfinetune.storage.OutputDirectory;
import org.sparkfinetune.storage.OutputFiles;
import org.sparkfinetune.train.InferenceArguments;

/**
 * A comparison of two classifiers of the same labels on the same labeled rows, as {@code
 * jobs/compare} does it. Immutable: each method gives another comparison.
 */
@PublicApi
public final class Comparison extends RunBuilder<Comparison> {
  /** The settings of a comparison. */
  public static final SettingKeys KEYS =
      DataArguments.labeledRows("test")
          .and(MeasureArguments.SCHEMA)
          .and(InferenceArguments.SCHEMA)
          .and(SliceArguments.SCHEMA, SliceArguments.OF_COMPARISONS)
          .and(ResultRecorder.KEYS);

  /** So many rows that one alone gets right are on the page, half of them of each. */
  private static final int SHOWN = 100;

  private ModelChoice first = ModelChoice.NONE;
  private ModelChoice second = ModelChoice.NONE;
  private List<String> names = List.of();

  private Comparison(RunOptions options) {
    super(options);
  }

  /** A comparison of all defaults, by Spark jobs of this session. */
  public static Comparison on(SparkSession spark) {
    return new Comparison(RunOptions.of(spark, KEYS, List.of()));
  }

  /** With models to load; paths are those of {@link Evaluation#model(String)}. */
  public Comparison models(String firstPath, String secondPath) {
    return models(
        ModelChoice.of(firstPath), ModelChoice.of(secondPath), List.of(firstPath, secondPath));
  }

  /** With models that have been loaded or trained. */
  public Comparison models(TextClassifier firstModel, TextClassifier secondModel) {
    return models(
        ModelChoice.of(firstModel),
        ModelChoice.of(secondModel),
        List.of("the first model", "the second model"));
  }

  private Comparison models(ModelChoice one, ModelChoice other, List<String> shown) {
    return changed(
        copy -> {
          copy.first = one;
          copy.second = other;
          copy.names = shown;
        });
  }

  /**
   * With rows to compare by, in the place of {@code data.test}.
   *
   * @param rows with the columns that {@code data.text_column}, {@code data.label_column} and, of
   *     pairs, {@code data.text_pair_column} name
   */
  public Comparison test(Dataset<Row> rows) {
    return with(options.rows("test", rows));
  }

  /** With a folder for figures, report and the rows that one of the two alone gets right. */
  public Comparison output(String folder) {
    return with(options.output(folder));
  }

  /**
   * Compares.
   *
   * @throws UserException when there are no such models, they have other labels, or rows or output
   *     cannot be worked with
   */
  public ComparisonResult run() {
    return options.use(this::run);
  }

  private ComparisonResult run(Settings settings) throws IOException, InterruptedException {
    Optional<OutputDirectory> output = options.openIfNamed(OutputFiles.OF_COMPARISON);
    DataArguments arguments = settings.get(DataArguments.SCHEMA);
    SliceArguments slices = settings.get(SliceArguments.SCHEMA);
    ClassifierPipeline one = first.load(options, settings);
    ClassifierPipeline other = second.load(options, settings);
    Console console = options.console();
    try (ExampleSplits data = Results.prepareTest(options, arguments, one, slices.columns())) {
      PairedPredictions predictions =
          PairedPredictions.of(one, other, data.test().orElseThrow()).persist();
      try {
        if (output.isPresent()) {
          output.get().clear(OutputFiles.OF_COMPARISON);
        }
        console.text(data.report().render() + "\n");
        ComparisonResult result =
            ResultRecorder.record(
                "compare",
                settings,
                Map.of("models", "[%s,%s]".formatted(first.name(), second.name())),
                output,
                options.spark(),
                record -> compare(settings, predictions, data, output, record, one.labels()),
                ComparisonResult::with);
        one.warning().ifPresent(warning -> console.line("warning: the first model: %s", warning));
        other
            .warning()
            .ifPresent(warning -> console.line("warning: the second model: %s", warning));
        return result;
      } finally {
        predictions.unpersist();
      }
    }
  }

  private ComparisonResult compare(
      Settings settings,
      PairedPredictions predictions,
      ExampleSplits data,
      Optional<OutputDirectory> output,
      ResultRecorder record,
      List<String> labels)
      throws IOException {
    record.rows("test", data.test().orElseThrow(), data.report().split("test"));
    ComparisonResult result =
        new ComparisonResult(
            predictions.metrics(
                settings.get(MeasureArguments.SCHEMA).intervals(),
                settings.get(SliceArguments.SCHEMA).options()));
    record.metrics("comparison_", result.figures());
    if (output.isPresent()) {
      Results.writeRejected(data, output.get(), options.console());
      predictions
          .disagreements()
          .write()
          .mode(SaveMode.Overwrite)
          .json(output.get().path(OutputFiles.DISAGREEMENTS));
      output.get().writeJson(OutputFiles.COMPARISON, result.figures());
      if (!result.slices().isEmpty()) {
        output.get().writeJsonTree(OutputFiles.SLICES, result.slicesByName());
      }
      output
          .get()
          .write(
              OutputFiles.PAGE,
              result.page(
                  RunOptions.shown(settings.get(DataArguments.SCHEMA).test()),
                  names,
                  labels,
                  shown(predictions.someDisagreements(SHOWN))));
    }
    record.files(OutputFiles.OF_COMPARISON);
    return result;
  }

  private static List<DisagreeingRow> shown(List<Row> rows) {
    return rows.stream()
        .map(
            row ->
                new DisagreeingRow(
                    row.getString(0),
                    row.getString(1),
                    row.getString(2),
                    row.getString(3),
                    row.getString(4).equals(PairedPredictions.IS_FIRST)))
        .toList();
  }
}
