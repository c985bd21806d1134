package org.sparkfinetune.jobs;

import java.util.List;
import org.apache.spark.sql.SparkSession;
import org.sparkfinetune.config.SettingKeys;
import org.sparkfinetune.config.Settings;
import org.sparkfinetune.console.Console;
import org.sparkfinetune.finetune.Comparison;
import org.sparkfinetune.finetune.ComparisonResult;

/** Compares two saved models on the same labeled rows. */
final class CompareJob implements Job {
  private static final SettingKeys KEYS = Job.keys(CompareArguments.SCHEMA, Comparison.KEYS);

  @Override
  public String name() {
    return "compare";
  }

  @Override
  public String summary() {
    return "Compares two fine-tuned models on the same labeled rows: McNemar's exact test, the"
        + " differences of their metrics with paired bootstrap intervals, the rows that one"
        + " of the two alone gets right, and all of it by slice of the rows. Writes a page of it,"
        + " report.html.";
  }

  @Override
  public List<String> examples() {
    return List.of(
        "jobs/compare models=[runs/new/model,models:/intents@champion] data.test=test.csv");
  }

  @Override
  public SettingKeys keys() {
    return KEYS;
  }

  @Override
  public List<String> required() {
    return List.of("models", "data.test");
  }

  @Override
  public void run(Settings config, SparkSession spark, Console console) {
    CompareArguments arguments = config.get(CompareArguments.SCHEMA);
    List<String> models = arguments.both();
    ComparisonResult result =
        Job.configured(Comparison.on(spark), config, console)
            .models(models.get(0), models.get(1))
            .output(arguments.output())
            .run();
    console.text("\n" + result.summary());
    console.line("%nThe first's metrics less the second's");
    console.metrics(result.differences());
    if (!result.slices().isEmpty()) {
      console.text("\n" + result.sliceSummary());
    }
    if (!arguments.output().isEmpty()) {
      console.line(
          "%nFigures, report.html and the rows that one of the two alone gets right are in %s",
          arguments.output());
    }
    result.run().ifPresent(run -> RunPrinter.record(console, run));
  }
}
