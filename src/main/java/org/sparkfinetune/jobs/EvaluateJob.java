package org.sparkfinetune.jobs;

import java.util.List;
import org.apache.spark.sql.SparkSession;
import org.sparkfinetune.config.SettingKeys;
import org.sparkfinetune.config.Settings;
import org.sparkfinetune.conformal.SetCoverage;
import org.sparkfinetune.console.Console;
import org.sparkfinetune.finetune.Evaluation;
import org.sparkfinetune.finetune.EvaluationResult;

/** Measures a saved model on labeled rows. */
final class EvaluateJob implements Job {
  private static final SettingKeys KEYS = Job.keys(EvaluateArguments.SCHEMA, Evaluation.KEYS);

  @Override
  public String name() {
    return "evaluate";
  }

  @Override
  public String summary() {
    return "Measures a fine-tuned model on labeled rows: accuracy, F1, log loss, AUROC,"
        + " calibration, with intervals, also by slice of the rows; scores by class and the most"
        + " frequent confusions;"
        + " for multi-label micro, macro, weighted and samples averages. Writes a page of"
        + " it, report.html.";
  }

  @Override
  public List<String> examples() {
    return List.of("jobs/evaluate model=runs/first/model data.test=test.csv");
  }

  @Override
  public SettingKeys keys() {
    return KEYS;
  }

  @Override
  public List<String> required() {
    return List.of("model", "data.test");
  }

  @Override
  public void run(Settings config, SparkSession spark, Console console) {
    EvaluateArguments arguments = config.get(EvaluateArguments.SCHEMA);
    EvaluationResult result =
        Job.configured(Evaluation.on(spark), config, console)
            .model(arguments.model())
            .output(arguments.output())
            .run();
    console.text("\n" + result.summary());
    console.line("%nMetrics");
    console.metrics(result.metrics(), result.intervals());
    for (SetCoverage sets : result.predictionSets()) {
      console.line(
          "Prediction sets of coverage %s have the right label in %.4f of the rows, and %.2f labels",
          sets.coverage(), sets.covered(), sets.meanSize());
    }
    result.slices().ifPresent(slices -> console.text("\nSlices\n" + slices.summary()));
    if (!arguments.output().isEmpty()) {
      console.line("%nMetrics and report are in %s", arguments.output());
    }
    result.run().ifPresent(run -> RunPrinter.record(console, run));
  }
}
