package org.sparkfinetune.jobs;

import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.SparkSession;
import org.sparkfinetune.audit.Audit;
import org.sparkfinetune.audit.AuditResult;
import org.sparkfinetune.config.Setting;
import org.sparkfinetune.config.SettingKeys;
import org.sparkfinetune.config.Settings;
import org.sparkfinetune.console.Console;
import org.sparkfinetune.storage.OutputFiles;

/** Finds training rows whose labels are probably wrong, and texts that occur more than once. */
final class AuditJob implements Job {
  private static final SettingKeys KEYS = Job.keys(AuditJobArguments.SCHEMA, Audit.KEYS);

  /** What a training on the audited rows needs to know as well. */
  private static final List<String> CARRIED =
      List.of(
          "data.text_column",
          "data.text_pair_column",
          "data.label_column",
          "data.label_separator",
          "data.test",
          "model.base",
          "model.problem_type");

  @Override
  public String name() {
    return "audit";
  }

  @Override
  public String summary() {
    return "Finds training rows whose labels are probably wrong: each row is predicted by a model"
        + " that was trained without it, and confident learning tells from the predictions which"
        + " labels are issues. Finds labels that overlap and texts that occur more than once, also"
        + " in the validation and the test rows.";
  }

  @Override
  public List<String> examples() {
    return List.of(
        "jobs/audit data.train=train.csv output=runs/audit",
        "jobs/audit data.train=train.csv data.test=test.csv audit.folds=10 output=runs/audit",
        "jobs/audit data.train=train.csv output=runs/audit resume=true");
  }

  @Override
  public SettingKeys keys() {
    return KEYS;
  }

  @Override
  public List<String> required() {
    return List.of("data.train", "output");
  }

  @Override
  public void run(Settings config, SparkSession spark, Console console) {
    AuditJobArguments arguments = config.get(AuditJobArguments.SCHEMA);
    AuditResult result =
        Job.configured(Audit.on(spark), config, console)
            .output(arguments.output())
            .resume(arguments.resume())
            .run();
    console.text("\n" + result.summary() + "\n");
    RunPrinter.files(console, result.files());
    result.run().ifPresent(run -> RunPrinter.record(console, run));
    console.line(
        "%nTo train without the issues:%n  %s",
        Console.command("fine-tune", next(config, result).toArray(String[]::new)));
  }

  private static List<String> next(Settings config, AuditResult result) {
    List<String> arguments = new ArrayList<>();
    arguments.add("data.train=" + result.files().get(OutputFiles.ISSUES));
    arguments.add("data.drop_issues=true");
    for (String key : CARRIED) {
      if (!config.value(key).equals(config.defaults().get(key))) {
        arguments.add(key + "=" + Setting.spelling(config.value(key)));
      }
    }
    arguments.add("output=runs/clean");
    return arguments;
  }
}
