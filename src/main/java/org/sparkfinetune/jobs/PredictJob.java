package org.sparkfinetune.jobs;

import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.sparkfinetune.UserException;
import org.sparkfinetune.config.SettingKeys;
import org.sparkfinetune.config.Settings;
import org.sparkfinetune.console.Console;
import org.sparkfinetune.data.DataArguments;
import org.sparkfinetune.pipeline.ClassifierPipeline;
import org.sparkfinetune.pipeline.PipelineData;
import org.sparkfinetune.pipeline.PredictionWriter;
import org.sparkfinetune.storage.OutputDirectory;

/** Classifies rows with a saved model. */
final class PredictJob implements Job {
  private static final SettingKeys KEYS =
      SettingKeys.of(PredictArguments.SCHEMA)
          .and(CommonArguments.SCHEMA)
          .and(PipelineData.SCHEMA, "input")
          .and(PipelineData.SCHEMA, PipelineData.FORMAT)
          .and(PipelineData.SCHEMA, "text_column", "text_pair_column");

  @Override
  public String name() {
    return "predict";
  }

  @Override
  public String summary() {
    return "Classifies rows with a fine-tuned model. Writes every row with all its columns and"
        + " prediction, confidence and probabilities (of every label; JSON text in CSV and TSV). The"
        + " prediction of a multi-label model is an array, without confidence. Rows without text"
        + " keep an empty prediction.";
  }

  @Override
  public List<String> examples() {
    return List.of(
        "jobs/predict model=runs/first/model data.input=new.csv output=predictions.csv",
        "jobs/predict model=runs/first/model data.input=new.csv output=predictions.parquet");
  }

  @Override
  public SettingKeys keys() {
    return KEYS;
  }

  @Override
  public List<String> required() {
    return List.of("model", "data.input", "output");
  }

  @Override
  public void run(Settings config, SparkSession spark, Console console) throws Exception {
    PredictArguments arguments = config.get(PredictArguments.SCHEMA);
    boolean overwrite = config.get(CommonArguments.SCHEMA).overwrite();
    DataArguments data = config.get(PipelineData.SCHEMA);
    Configuration hadoop = spark.sparkContext().hadoopConfiguration();
    OutputDirectory.checkDataSet(arguments.output(), overwrite, hadoop);
    PredictionWriter.Format format =
        PredictionWriter.format(arguments.output(), data.format(), data.input());
    if (arguments.csvEscapeFormulas() && !format.isSeparated()) {
      throw new UserException(
          "csv_escape_formulas=true means nothing for %s, which is what would be written: leave it"
                  .formatted(format.code())
              + " out, or give output an ending .csv or .tsv");
    }
    Dataset<Row> rows =
        PipelineData.readTexts(spark, data, warning -> console.line("warning: %s", warning));
    ClassifierPipeline pipeline =
        ClassifierPipeline.load(spark, arguments.model(), data.textPair().isPresent());
    Dataset<Row> predicted = pipeline.predict(rows, data.textColumn(), data.textPair());
    PredictionWriter.Counts counts =
        PredictionWriter.write(
            arguments.csvEscapeFormulas() ? PredictionWriter.withoutFormulas(predicted) : predicted,
            arguments.output(),
            format,
            overwrite);
    console.line("%,d rows written to %s (%s)", counts.rows(), arguments.output(), format.code());
    if (counts.withoutPrediction() > 0) {
      console.line(
          "%,d of them have no text in %s and so no prediction",
          counts.withoutPrediction(),
          data.textColumn() + data.textPair().map(pair -> " or " + pair).orElse(""));
    }
    pipeline.warning().ifPresent(warning -> console.line("warning: %s", warning));
  }
}
