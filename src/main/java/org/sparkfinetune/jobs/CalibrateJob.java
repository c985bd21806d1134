package org.sparkfinetune.jobs;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.spark.sql.SparkSession;
import org.sparkfinetune.config.SettingKeys;
import org.sparkfinetune.config.Settings;
import org.sparkfinetune.console.Console;
import org.sparkfinetune.evaluate.Metric;
import org.sparkfinetune.evaluate.Stage;
import org.sparkfinetune.finetune.Calibration;
import org.sparkfinetune.finetune.CalibrationResult;
import org.sparkfinetune.storage.OutputFiles;
import org.sparkfinetune.text.OneLine;

/** Makes a saved model as sure of itself as it is right. */
final class CalibrateJob implements Job {
  private static final SettingKeys KEYS = Job.keys(CalibrateArguments.SCHEMA, Calibration.KEYS);

  @Override
  public String name() {
    return "calibrate";
  }

  @Override
  public String summary() {
    return "Makes a fine-tuned model as sure of itself as it is right: divides its logits by the"
        + " temperature of the least log loss of validation rows. What it predicts stays the same;"
        + " every export has the calibrated probabilities. On request it also finds prediction sets"
        + " of a coverage, and the confidence below which the model should not answer.";
  }

  @Override
  public List<String> examples() {
    return List.of(
        "jobs/calibrate model=runs/first/model data.validation=validation.csv"
            + " output=runs/calibrated",
        "jobs/calibrate model=runs/first data.validation=new.csv output=runs/sure"
            + " calibrate.coverage=0.95");
  }

  @Override
  public SettingKeys keys() {
    return KEYS;
  }

  @Override
  public List<String> required() {
    return List.of("model", "data.validation", "output");
  }

  @Override
  public List<String> structures() {
    return Calibration.STRUCTURES;
  }

  @Override
  public void run(Settings config, SparkSession spark, Console console) {
    CalibrateArguments arguments = config.get(CalibrateArguments.SCHEMA);
    CalibrationResult result =
        Job.configured(Calibration.on(spark), config, console)
            .model(arguments.model())
            .output(arguments.output())
            .run();
    if (result.slopes().isEmpty()) {
      console.line("%nTemperature %.4f", result.temperature());
    } else {
      List<String> left =
          result.slopes().keySet().stream()
              .filter(
                  label -> result.slopes().get(label) == 1 && result.intercepts().get(label) == 0)
              .toList();
      console.line("%nSlope and intercept of %d labels", result.slopes().size() - left.size());
      if (!left.isEmpty()) {
        console.line(
            "WARN: the rows say nothing of %d labels, which stay as they were: %s",
            left.size(), OneLine.of(String.join(", ", left)));
      }
    }
    Map<String, Double> before = result.before().metrics();
    Map<String, Double> after = result.after().metrics();
    for (Metric metric : List.of(Metric.LOSS, Metric.ECE, Metric.BRIER, Metric.ACCURACY)) {
      String name = metric.at(Stage.TEST);
      Optional.ofNullable(before.get(name))
          .ifPresent(
              value ->
                  console.line(
                      "  %-10s %.4f before, %.4f after", metric.key(), value, after.get(name)));
    }
    if (!result.coverages().isEmpty()) {
      console.line(
          "%nPrediction sets for the coverages %s: predict.coverage of jobs/predict names one",
          result.coverages());
    }
    result
        .abstainBelow()
        .forEach(
            (accuracy, confidence) ->
                console.line(
                    "For %s of the predictions to be right, those below a confidence of %.4f are left"
                        + " out: predict.target_accuracy=%s",
                    accuracy, confidence, accuracy));
    console.line(
        "%nThe calibrated model is %s/%s, its page %s/%s",
        arguments.output(), OutputFiles.MODEL, arguments.output(), OutputFiles.PAGE);
  }
}
