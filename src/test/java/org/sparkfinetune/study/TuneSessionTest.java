package org.sparkfinetune.study;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.TreeSet;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sparkfinetune.TestSpark;
import org.sparkfinetune.UserException;
import org.sparkfinetune.console.Console;
import org.sparkfinetune.evaluate.Metric;
import org.sparkfinetune.jobs.TrackedJobs;
import org.sparkfinetune.task.ProblemType;
import org.sparkfinetune.track.JournalReader;
import org.sparkfinetune.track.RunSnapshot;
import org.sparkfinetune.track.RunStatus;
import org.sparkfinetune.track.Tracker;
import org.sparkfinetune.tune.Objective;
import org.sparkfinetune.tune.Trial;

/** What a study does to its output, and what it writes and records; in this process. */
@Tag("slow")
class TuneSessionTest {
  private static final String SPACE = "tune.space.training.learning_rate=[1e-4, 2e-4, 3e-4, 4e-4]";

  @TempDir Path folder;

  /** The learning rate is the value. */
  public static final class Rate implements Objective {
    @Override
    public Result evaluate(Trial trial) {
      double rate = (double) trial.params().get("training.learning_rate");
      return new Result(List.of(rate), List.of(), Map.of());
    }
  }

  /** Nothing can be measured, and the reason tells a secret. */
  public static final class Failing implements Objective {
    @Override
    public Result evaluate(Trial trial) {
      throw new IllegalStateException(
          "trial " + trial.number() + ": no answer from https://ann:c0nfidential@data.example/x");
    }
  }

  private String tune(Path output, String... more) throws Exception {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "output=" + output,
                "tune.sampler=grid",
                "tracking.system_metrics_interval=0",
                "tracking.flush_timeout=0"));
    arguments.addAll(Arrays.asList(more));
    ByteArrayOutputStream printed = new ByteArrayOutputStream();
    try (PrintStream out = new PrintStream(printed, true, StandardCharsets.UTF_8)) {
      Tuning tuning = Tuning.on(TestSpark.session()).console(new Console(out, OptionalInt.empty()));
      for (String argument : arguments) {
        String key = argument.substring(0, argument.indexOf('='));
        String value = argument.substring(argument.indexOf('=') + 1);
        if (key.equals("resume")) {
          tuning = tuning.resume(Boolean.parseBoolean(value));
        } else if (!key.startsWith("spark.")) {
          tuning = tuning.set(key, value);
        }
      }
      tuning.run();
    }
    return printed.toString(StandardCharsets.UTF_8);
  }

  private String search(Path output, Class<?> objective, String... more) throws Exception {
    List<String> arguments =
        new ArrayList<>(List.of(SPACE, "tune.objective=" + objective.getName()));
    arguments.addAll(Arrays.asList(more));
    return tune(output, arguments.toArray(String[]::new));
  }

  private String fineTune(Path output, String... more) throws Exception {
    List<String> arguments =
        new ArrayList<>(TrackedJobs.fineTune(TrackedJobs.rows(folder, 60), output, more));
    arguments.remove(0);
    arguments.add(SPACE);
    return tune(output, arguments.toArray(String[]::new));
  }

  private static List<RunSnapshot> recorded(Path journals) {
    return JournalReader.runs(
        new org.apache.hadoop.fs.Path(journals.toUri()), new Configuration(false));
  }

  private static String read(Path output, String name) throws IOException {
    return Files.readString(output.resolve(name));
  }

  @Test
  void theBestSettingNamesTheMetricThatPickedItsEpoch() throws Exception {
    Path output = folder.resolve("study");

    fineTune(output, "tune.metric=loss", "tune.n_trials=1", "training.num_train_epochs=2");

    assertThat(read(output, "best.conf"))
        .contains("  metric_for_best_model = loss\n", "  threads_per_worker = 0\n");
    RunSnapshot trial =
        recorded(output).stream().filter(run -> !run.parent().isEmpty()).findFirst().orElseThrow();
    assertThat(trial.params())
        .containsEntry("training.metric_for_best_model", "loss")
        .containsEntry("resources.threads_per_worker", "0");
    TreeSet<String> measured = new TreeSet<>(trial.metrics().keySet());
    measured.removeIf(name -> !name.matches("(eval|train)_.*"));
    assertThat(measured).isEqualTo(Metric.ofTraining(ProblemType.SINGLE_LABEL_CLASSIFICATION));
  }

  @Test
  void withoutValidationRowsNothingIsTrained() {
    Path output = folder.resolve("study");

    assertThatThrownBy(() -> fineTune(output, "data.validation_split=0"))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("there are no validation rows, on which eval_accuracy is measured");
    assertThat(output).doesNotExist();
  }

  @Test
  void resumingDeletesNothingWhereThereIsNoStudy() throws Exception {
    Path output = folder.resolve("other");
    Files.createDirectories(output.resolve("model").resolve("metadata"));
    Files.writeString(output.resolve("metrics.json"), "{}");

    assertThatThrownBy(() -> search(output, Rate.class, "resume=true"))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("is not empty: choose another, or set overwrite=true");

    assertThat(output.resolve("model").resolve("metadata")).isDirectory();
    assertThat(output.resolve("metrics.json")).exists();
  }

  @Test
  void aFolderOfTheUsersIsNotTakenForTrials() throws Exception {
    Path output = folder.resolve("other");
    Path notes = Files.createDirectories(output.resolve("trials").resolve("notes"));

    assertThatThrownBy(() -> search(output, Rate.class, "overwrite=true"))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("trials was not written by this job: move it away");

    assertThat(notes).isDirectory();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "tracking.uri=ftp://server",
        "tune.objective=no.such.Objective",
        "tune.metric=,",
        "tune.enqueue=[{training.learning_rate=7}]"
      })
  void aTypoLosesNoStudy(String typo) throws Exception {
    Path output = folder.resolve("study");
    search(output, Rate.class);
    String before = read(output, "study.json");

    assertThatThrownBy(() -> search(output, Rate.class, "overwrite=true", typo))
        .isInstanceOf(UserException.class);

    assertThat(read(output, "study.json")).isEqualTo(before);
    assertThat(output.resolve("best.conf")).exists();
  }

  @Test
  void aStudyThatRunsIsLeftAlone() throws Exception {
    Path output = folder.resolve("study");
    search(output, Rate.class);
    String before = read(output, "study.json");

    try (Tracker running = Tracker.open(output.resolve("tracking"), "", Optional.empty())) {
      assertThat(running.caughtUp()).isTrue();
      for (String mode : List.of("overwrite=true", "resume=true")) {
        assertThatThrownBy(() -> search(output, Rate.class, mode))
            .as(mode)
            .isInstanceOf(UserException.class);
      }
    }

    assertThat(read(output, "study.json")).isEqualTo(before);
    search(output, Rate.class, "overwrite=true");
  }

  @Test
  void aHopelessStudysPageHasAllFailuresAndNoSecret() {
    Path output = folder.resolve("study");

    assertThatThrownBy(() -> search(output, Failing.class, "tune.parallelism=1"))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("the first 3 trials all failed")
        .hasMessageNotContaining("c0nfidential");

    for (String name : List.of("study.json", "report.html")) {
      assertThat(output.resolve(name))
          .content()
          .contains("trial 0: no answer", "trial 2: no answer from https://***@data.example/x")
          .doesNotContain("c0nfidential");
    }
  }

  @Test
  void saysThatAGridIsCut() throws Exception {
    assertThat(search(folder.resolve("cut"), Rate.class, "tune.n_trials=3"))
        .contains("The grid has 4 settings: tune.n_trials=3 leaves 1 of them out\n");
    assertThat(search(folder.resolve("whole"), Rate.class, "tune.n_trials=9"))
        .doesNotContain("The grid has");
  }

  @Test
  void inAJournalOfSeveralStudiesEachGoesOnWithItsOwnRun() throws Exception {
    Path journal = folder.resolve("journal");
    String shared = "tracking.journal=" + journal;
    for (String name : List.of("a", "b")) {
      assertThatThrownBy(
              () -> search(folder.resolve(name), Failing.class, shared, "tune.n_trials=2"))
          .isInstanceOf(UserException.class)
          .hasMessageContaining("no trial has a value that counts");
    }

    search(folder.resolve("a"), Rate.class, shared, "resume=true");

    List<RunSnapshot> studies =
        recorded(journal).stream().filter(run -> run.parent().isEmpty()).toList();
    assertThat(studies)
        .extracting(RunSnapshot::status)
        .containsExactly(RunStatus.FINISHED, RunStatus.FAILED);
    assertThat(studies.get(0).tags())
        .containsEntry("spark-finetune.job", "tune")
        .containsEntry("spark-finetune.output", folder.resolve("a").toString());
  }
}
