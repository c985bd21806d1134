package org.sparkfinetune.finetune;

import java.io.IOException;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.sparkfinetune.PublicApi;
import org.sparkfinetune.UserException;
import org.sparkfinetune.config.SettingKeys;
import org.sparkfinetune.config.Settings;
import org.sparkfinetune.data.DataArguments;
import org.sparkfinetune.data.DatasetReader;
import org.sparkfinetune.pipeline.ClassifierPipeline;
import org.sparkfinetune.pipeline.PredictionWriter;
import org.sparkfinetune.pipeline.SelectiveOptions;
import org.sparkfinetune.storage.OutputDirectory;
import org.sparkfinetune.train.InferenceArguments;

/**
 * A classification of rows, as {@code jobs/predict} does it. Immutable: each method gives another
 * prediction.
 */
@PublicApi
public final class Prediction extends ModelRunBuilder<Prediction> {
  /** The settings of a prediction. */
  public static final SettingKeys KEYS =
      DataArguments.texts("input").and(PredictionArguments.SCHEMA).and(InferenceArguments.SCHEMA);

  private boolean escapeFormulas;

  private Prediction(RunOptions options) {
    super(options);
  }

  /** A prediction of all defaults, by Spark jobs of this session. */
  public static Prediction on(SparkSession spark) {
    return new Prediction(RunOptions.of(spark, KEYS, List.of()));
  }

  /**
   * With rows to classify, in the place of {@code data.input}.
   *
   * @param rows with the columns that {@code data.text_column} and, of pairs, {@code
   *     data.text_pair_column} name
   */
  public Prediction input(Dataset<Row> rows) {
    return with(options.rows("input", rows));
  }

  /**
   * With an apostrophe before texts and column names that a spreadsheet would take for a formula,
   * where CSV or TSV is written; by default every text stays as it is.
   */
  public Prediction escapeFormulas(boolean value) {
    return changed(copy -> copy.escapeFormulas = value);
  }

  /**
   * The rows with all their columns and {@code prediction} (a string, or an array of strings for
   * multi-label models; null for a null or blank text), {@code confidence} (from 0 to 1; not for
   * multi-label models) and {@code probabilities} (a map of label to probability). Spark computes
   * them when they are asked for.
   *
   * <p>Of single-label models, with {@code predict.coverage} also {@code prediction_set} (an array
   * of strings, from the most probable label down; may be empty), with {@code
   * predict.abstain_below} or {@code predict.target_accuracy} also {@code abstained} (whether the
   * confidence is too low for a prediction, which is null then), and with {@code
   * predict.out_of_scope_score} also {@code out_of_scope_score} (a double).
   *
   * @throws UserException when there is no such model, it was not calibrated for what is asked, or
   *     the rows cannot be read, lack a column or have one of those that are added
   */
  public Dataset<Row> run() {
    requireNoOutput();
    return options.use(
        settings -> {
          DataArguments data = settings.get(DataArguments.SCHEMA);
          Dataset<Row> input = input(data);
          return predict(loadModel(settings), input, data, selective(settings));
        });
  }

  /**
   * Writes the rows of {@link #run} to a folder of files.
   *
   * @param path its ending gives the format ({@code .csv}, {@code .tsv}, {@code .json}, {@code
   *     .jsonl}, {@code .parquet}); without one it is that of {@code data.input}, and else Parquet
   * @throws UserException when something is there already, or as of {@link #run}
   */
  public PredictionWriter.Counts write(String path) {
    requireNoOutput();
    return options.use(settings -> write(path, settings));
  }

  private void requireNoOutput() {
    if (!options.output().isEmpty()) {
      throw new UserException(
          "output=%s is not allowed: a prediction is written by write(PATH); leave output out"
              .formatted(options.output()));
    }
  }

  private static SelectiveOptions selective(Settings settings) {
    return settings.get(PredictionArguments.SCHEMA).options();
  }

  private PredictionWriter.Counts write(String path, Settings settings)
      throws IOException, InterruptedException {
    DataArguments data = settings.get(DataArguments.SCHEMA);
    SelectiveOptions selective = selective(settings);
    OutputDirectory.checkDataSet(
        path, options.overwrite(), options.spark().sparkContext().hadoopConfiguration());
    PredictionWriter.Format format = PredictionWriter.format(path, data.format(), data.input());
    if (escapeFormulas && !format.isSeparated()) {
      throw new UserException(
          "csv_escape_formulas=true means nothing for %s, which is what would be written: leave it"
                  .formatted(format.code())
              + " out, or give output an ending .csv or .tsv");
    }
    Dataset<Row> input = input(data);
    ClassifierPipeline pipeline = loadModel(settings);
    Dataset<Row> predicted = predict(pipeline, input, data, selective);
    PredictionWriter.Counts counts =
        PredictionWriter.write(
            escapeFormulas ? PredictionWriter.withoutFormulas(predicted) : predicted,
            path,
            format,
            options.overwrite(),
            selective.abstains());
    pipeline.warning().ifPresent(warning -> options.console().line("warning: %s", warning));
    return counts;
  }

  private Dataset<Row> input(DataArguments data) {
    return DatasetReader.readTexts(
        options.spark(), data, warning -> options.console().line("warning: %s", warning));
  }

  private static Dataset<Row> predict(
      ClassifierPipeline pipeline,
      Dataset<Row> input,
      DataArguments data,
      SelectiveOptions selective) {
    return pipeline.predict(input, data.textColumn(), data.textPair(), selective);
  }
}
