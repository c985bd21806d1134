package org.sparkfinetune.jobs;

import java.util.List;
import org.apache.spark.sql.SparkSession;
import org.sparkfinetune.config.SettingKeys;
import org.sparkfinetune.config.Settings;
import org.sparkfinetune.console.Console;
import org.sparkfinetune.finetune.Selection;
import org.sparkfinetune.finetune.SelectionResult;

/** Selects the unlabeled rows to label next. */
final class SelectJob implements Job {
  private static final SettingKeys KEYS = Job.keys(SelectArguments.SCHEMA, Selection.KEYS);

  @Override
  public String name() {
    return "select";
  }

  @Override
  public String summary() {
    return "Selects the unlabeled rows to label next, within a budget: those that a fine-tuned model"
        + " is least sure of, or that are least like each other. Writes them with all their columns and prediction, utility and rank."
        + " Rows that have a label, repeated texts and rows without text are not considered, and"
        + " written to rejected_rows.";
  }

  @Override
  public List<String> examples() {
    return List.of(
        "jobs/select model=runs/first/model data.input=new.csv select.budget=200 output=runs/next",
        "jobs/select model=runs/first/model data.input=new.csv select.strategy=badge output=next");
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
    SelectArguments arguments = config.get(SelectArguments.SCHEMA);
    SelectionResult result =
        Job.configured(Selection.on(spark), config, console)
            .model(arguments.model())
            .output(arguments.output())
            .run();
    console.text(result.summary());
    console.line("They are in %s", arguments.output());
  }
}
