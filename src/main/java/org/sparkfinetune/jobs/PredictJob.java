package org.sparkfinetune.jobs;

import java.util.List;
import org.apache.spark.sql.SparkSession;
import org.sparkfinetune.config.SettingKeys;
import org.sparkfinetune.config.Settings;
import org.sparkfinetune.console.Console;
import org.sparkfinetune.data.DataArguments;
import org.sparkfinetune.finetune.Prediction;
import org.sparkfinetune.pipeline.PredictionWriter;

/** Classifies rows with a saved model. */
final class PredictJob implements Job {
  private static final SettingKeys KEYS = Job.keys(PredictArguments.SCHEMA, Prediction.KEYS);

  @Override
  public String name() {
    return "predict";
  }

  @Override
  public String summary() {
    return "Classifies rows with a fine-tuned model. Writes every row with all its columns and"
        + " prediction, confidence and probabilities (of every label; JSON text in CSV and TSV). The"
        + " prediction of a multi-label model is an array, without confidence. Rows without text"
        + " keep an empty prediction. On request a row also gets a set of labels that has the right one"
        + " in it as often as was asked for, no prediction where the confidence is too low, and a score"
        + " of how little it is like the rows of the training.";
  }

  @Override
  public List<String> examples() {
    return List.of(
        "jobs/predict model=runs/first/model data.input=new.csv output=predictions.csv",
        "jobs/predict model=runs/first/model data.input=new.csv output=predictions.parquet",
        "jobs/predict model=runs/calibrated data.input=new.csv output=sets.parquet"
            + " predict.coverage=0.95");
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
  public void run(Settings config, SparkSession spark, Console console) {
    PredictArguments arguments = config.get(PredictArguments.SCHEMA);
    DataArguments data = config.get(DataArguments.SCHEMA);
    PredictionWriter.Counts counts =
        Job.configured(Prediction.on(spark), config, console)
            .model(arguments.model())
            .escapeFormulas(arguments.csvEscapeFormulas())
            .write(arguments.output());
    console.line(
        "%,d rows written to %s (%s)", counts.rows(), arguments.output(), counts.format().code());
    if (counts.withoutPrediction() > 0) {
      console.line(
          "%,d of them have no text in %s and so no prediction",
          counts.withoutPrediction(),
          data.textColumn() + data.textPair().map(pair -> " or " + pair).orElse(""));
    }
    if (counts.abstained() > 0) {
      console.line(
          "%,d of them have no prediction, since their confidence is too low (abstained)",
          counts.abstained());
    }
  }
}
