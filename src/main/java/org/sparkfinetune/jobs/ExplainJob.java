package org.sparkfinetune.jobs;

import java.util.List;
import org.apache.spark.sql.SparkSession;
import org.sparkfinetune.config.SettingKeys;
import org.sparkfinetune.config.Settings;
import org.sparkfinetune.console.Console;
import org.sparkfinetune.finetune.Explanation;
import org.sparkfinetune.finetune.ExplanationResult;

/** Explains which words a saved model's answers come from. */
final class ExplainJob implements Job {
  private static final SettingKeys KEYS = Job.keys(ExplainJobArguments.SCHEMA, Explanation.KEYS);

  @Override
  public String name() {
    return "explain";
  }

  @Override
  public String summary() {
    return "Explains which words a fine-tuned model's answers come from, as Captum does. Writes the"
        + " rows with all their columns, prediction, attributions and completeness_delta, the words"
        + " with the largest mean attribution for each label, with labels also the words behind wrong"
        + " predictions, and a page of all, report.html. Rows without text are written to"
        + " rejected_rows.";
  }

  @Override
  public List<String> examples() {
    return List.of(
        "jobs/explain model=runs/first/model data.input=new.csv output=runs/explained",
        "jobs/explain model=runs/first data.input=new.csv output=why explain.method=occlusion");
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
    ExplainJobArguments arguments = config.get(ExplainJobArguments.SCHEMA);
    ExplanationResult result =
        Job.configured(Explanation.on(spark), config, console)
            .model(arguments.model())
            .output(arguments.output())
            .run();
    console.text(result.summary());
    console.line("%nRows and page are in %s", arguments.output());
    result.run().ifPresent(run -> RunPrinter.record(console, run));
  }
}
