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
import org.sparkfinetune.data.DataArguments;
import org.sparkfinetune.data.ExampleSplits;
import org.sparkfinetune.pipeline.CalibrationMethod;
import org.sparkfinetune.pipeline.ClassifierPipeline;
import org.sparkfinetune.pipeline.SelectiveSettings;
import org.sparkfinetune.report.EvaluationReport;
import org.sparkfinetune.storage.OutputDirectory;
import org.sparkfinetune.storage.OutputFiles;
import org.sparkfinetune.text.OneLine;
import org.sparkfinetune.train.InferenceArguments;

/**
 * Makes a classifier as sure of itself as it is right, as {@code jobs/calibrate} does it: its
 * logits are divided by the temperature of the least log loss of validation rows (Guo et al.,
 * 2017), of sets of labels one for all labels. Which label is the most probable stays as it is.
 * With {@code calibrate.method=platt}, for sets of labels, each label's logit has a slope and an
 * intercept of its own instead (Platt, 1999), and the threshold is tuned anew. Immutable: each
 * method gives another calibration.
 */
@PublicApi
public final class Calibration extends ModelRunBuilder<Calibration> {
  /** The settings of a calibration. */
  public static final SettingKeys KEYS =
      DataArguments.labeledRows("validation")
          .and(CalibrationArguments.SCHEMA)
          .and(InferenceArguments.SCHEMA);

  /** Those of the keys whose values are structures. */
  public static final List<String> STRUCTURES =
      List.of("calibrate.coverage", "calibrate.target_accuracy");

  /** Characters of labels in a warning. */
  private static final int NAMES = 300;

  private Calibration(RunOptions options) {
    super(options);
  }

  /** A calibration of all defaults, by Spark jobs of this session. */
  public static Calibration on(SparkSession spark) {
    return new Calibration(RunOptions.of(spark, KEYS, STRUCTURES));
  }

  /**
   * With rows to calibrate by, in the place of {@code data.validation}: none that the model was
   * trained on.
   *
   * @param rows with the columns that {@code data.text_column}, {@code data.label_column} and, of
   *     pairs, {@code data.text_pair_column} name
   */
  public Calibration validation(Dataset<Row> rows) {
    return with(options.rows("validation", rows));
  }

  /** With a folder for the calibrated model and a page; by default none. */
  public Calibration output(String folder) {
    return with(options.output(folder));
  }

  /**
   * Calibrates. Where the log loss of the rows does not fall, the model is left as it was.
   *
   * <p>With {@code calibrate.coverage} or {@code calibrate.target_accuracy} the model also learns
   * from the rows, with its new temperature, what {@link Prediction} asks of it by {@code
   * predict.coverage} and {@code predict.target_accuracy}.
   *
   * @throws UserException when there is no such model, or rows or output cannot be worked with, or
   *     the rows are too few for a coverage
   */
  public CalibrationResult run() {
    return options.use(this::run);
  }

  private CalibrationResult run(Settings settings) throws IOException {
    Optional<OutputDirectory> output = options.openIfNamed(OutputFiles.OF_CALIBRATION);
    DataArguments arguments = settings.get(DataArguments.SCHEMA);
    if (arguments.validation().isEmpty()) {
      throw new UserException(
          "data.validation is not set: expected labeled rows that the model was not trained on");
    }
    CalibrationArguments calibrate = settings.get(CalibrationArguments.SCHEMA);
    SelectiveSettings selective = calibrate.selective();
    ClassifierPipeline pipeline = loadModel(settings);
    try (ExampleSplits data = Results.prepareTest(options, measured(arguments), pipeline)) {
      options.console().text(data.report().render() + "\n");
      Dataset<Row> rows = data.test().orElseThrow();
      EvaluationResult before = Results.evaluate(pipeline, rows);
      ClassifierPipeline scaled =
          calibrate.method() == CalibrationMethod.PLATT
              ? pipeline.calibratedByLabel(rows)
              : pipeline.calibrated(rows);
      EvaluationResult after = Results.evaluate(scaled, rows);
      boolean better = after.loss() < before.loss();
      ClassifierPipeline chosen = better ? scaled : pipeline;
      if (!selective.isEmpty()) {
        chosen = chosen.calibrated(rows, selective);
      }
      if (calibrate.mahalanobis()) {
        chosen = chosen.withClassMeans(rows);
        List<String> lacking = chosen.labelsWithoutMean();
        if (!lacking.isEmpty()) {
          options
              .console()
              .line(
                  "warning: %d labels have no rows, so that out_of_scope_score takes rows of them for out of scope: %s",
                  lacking.size(), OneLine.of(String.join(", ", lacking), NAMES));
        }
      }
      CalibrationResult result =
          new CalibrationResult(new TextClassifier(chosen), before, better ? after : before);
      if (output.isPresent()) {
        write(result, output.get(), RunOptions.shown(arguments.validation()));
        Results.writeRejected(data, output.get(), options.console());
      }
      return result;
    }
  }

  /** The validation rows are what is measured. */
  private static DataArguments measured(DataArguments arguments) {
    Map<String, Object> values = DataArguments.SCHEMA.values(arguments);
    values.put("test", arguments.validation());
    values.put("validation", "");
    return DataArguments.SCHEMA.create(values);
  }

  private static void write(CalibrationResult result, OutputDirectory output, String rows)
      throws IOException {
    output.clear(OutputFiles.OF_CALIBRATION);
    result.classifier().classifierPipeline().save(output.path(OutputFiles.MODEL));
    output.write(
        OutputFiles.PAGE,
        EvaluationReport.html(
            rows,
            result.after().measured(),
            result.after().labels(),
            result.before().measured().reliability()));
  }
}
