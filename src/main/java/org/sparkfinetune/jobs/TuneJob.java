package org.sparkfinetune.jobs;

import java.util.List;
import org.apache.spark.sql.SparkSession;
import org.sparkfinetune.config.SettingKeys;
import org.sparkfinetune.config.Settings;
import org.sparkfinetune.console.Console;
import org.sparkfinetune.storage.OutputFiles;
import org.sparkfinetune.study.StudyResult;
import org.sparkfinetune.study.Tuning;

/** Searches for the best settings of a fine-tuning. */
final class TuneJob implements Job {
  private static final SettingKeys KEYS = Job.keys(StudyArguments.SCHEMA, Tuning.KEYS);

  @Override
  public String name() {
    return "tune";
  }

  @Override
  public String summary() {
    return "Searches for the settings with which a fine-tuning does best: trials run at the same time"
        + " over the cluster, each is recorded, and the best one's settings and model are written"
        + " into one folder.";
  }

  @Override
  public List<String> examples() {
    return List.of(
        "jobs/tune --conf conf/tune/tpe.conf data.train=train.csv output=runs/study",
        "jobs/tune --conf conf/tune/bert-small-grid.conf data.train=t.csv output=runs/grid",
        "jobs/tune --conf conf/tune/tpe.conf data.train=train.csv output=runs/study resume=true");
  }

  @Override
  public SettingKeys keys() {
    return KEYS;
  }

  @Override
  public List<String> structures() {
    return Tuning.STRUCTURES;
  }

  @Override
  public List<String> required() {
    return List.of("output");
  }

  @Override
  public void run(Settings given, SparkSession spark, Console console) {
    StudyArguments arguments = given.get(StudyArguments.SCHEMA);
    StudyResult result =
        Job.configured(Tuning.on(spark), given, console)
            .program("jobs/" + name())
            .output(arguments.output())
            .resume(arguments.resume())
            .run();
    console.line("");
    RunPrinter.files(console, result.files());
    RunPrinter.record(console, result.run());
    if (result.classifier().isPresent()) {
      console.line(
          "%nTo fine-tune with the best setting:%n  %s",
          Console.command(
              "fine-tune",
              "--conf",
              result.files().get(OutputFiles.BEST_CONFIG),
              "output=runs/best"));
    }
  }
}
