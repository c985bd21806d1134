package org.sparkfinetune.study;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CancellationException;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sparkfinetune.TestSpark;
import org.sparkfinetune.config.Settings;
import org.sparkfinetune.config.SettingsBuilder;
import org.sparkfinetune.jobs.TrackedJobs;
import org.sparkfinetune.pipeline.FineTuneSchema;
import org.sparkfinetune.storage.OutputDirectory;
import org.sparkfinetune.tune.Direction;
import org.sparkfinetune.tune.Objective;
import org.sparkfinetune.tune.Study;
import org.sparkfinetune.tune.StudyDefinition;
import org.sparkfinetune.tune.StudyStorage;
import org.sparkfinetune.tune.Trial;
import org.sparkfinetune.tune.sampler.RandomSampler;

/** Trials that were told to stop, at moments when there is no Spark job to cancel. */
@Tag("slow")
class FineTuneTrialsTest {
  @TempDir Path folder;

  private Settings config() throws IOException {
    List<String> arguments =
        new ArrayList<>(TrackedJobs.fineTune(TrackedJobs.rows(folder, 30), folder.resolve("out")));
    arguments.remove(0);
    arguments.add("tune.space.training.learning_rate=[1e-3, 1e-4]");
    SettingsBuilder settings = new SettingsBuilder(Tuning.KEYS, Tuning.STRUCTURES);
    for (String argument : arguments) {
      int equals = argument.indexOf('=');
      if (!argument.startsWith("output=")) {
        settings.set(argument.substring(0, equals), argument.substring(equals + 1));
      }
    }
    return settings.build("");
  }

  private OutputDirectory output() throws IOException {
    return OutputDirectory.open(
        folder.resolve("out").toString(), false, List.of(), new Configuration());
  }

  /** A study whose trials are to stop when they report anything. */
  private Study study(Settings config) throws IOException {
    StudyDefinition plan =
        new StudyDefinition(
            "test",
            List.of("eval_accuracy"),
            List.of(Direction.MAXIMIZE),
            TuneSpace.parse(config.get(TuneArguments.SCHEMA).space(), FineTuneSchema.KEYS),
            new RandomSampler(1),
            (history, trial) -> true,
            5);
    return Study.begin(
        plan,
        List.of(),
        StudyStorage.open(
            new org.apache.hadoop.fs.Path(folder.resolve("study.json").toUri()),
            new Configuration()));
  }

  @Test
  void aTrialThatWasToldToStopDoesNotBeginToTrain() throws IOException {
    Settings config = config();
    Study study = study(config);
    Trial trial = study.ask(0).orElseThrow();
    assertThat(trial.report(1, 0.5)).isTrue();
    SparkSession spark = TestSpark.session();
    Objectives goal =
        Objectives.of(
            config.get(TuneArguments.SCHEMA),
            config.get(FineTuneSchema.TRAINING).evaluation(),
            config.get(FineTuneSchema.MODEL).problemType());

    try (SharedExamples examples = new SharedExamples(spark, 0)) {
      FineTuneTrials trials =
          new FineTuneTrials(
              config,
              spark.sparkContext(),
              goal,
              examples,
              new TrialFolders(output(), study),
              null);
      assertThatThrownBy(() -> trials.evaluate(trial)).isInstanceOf(CancellationException.class);
    }
    assertThat(folder.resolve("out").resolve("trials")).doesNotExist();
  }

  @Test
  void theModelOfATrialThatWasGivenUpIsNotSaved() throws IOException {
    Settings config = config();
    Study study = study(config);
    TrialFolders folders = new TrialFolders(output(), study);
    study.ask(0);
    study.fail(0, "it took too long");

    folders.offer(0, new Objective.Result(List.of(1.0), List.of(), Map.of()), null, config);

    assertThat(folder.resolve("out").resolve("trials")).doesNotExist();
  }
}
