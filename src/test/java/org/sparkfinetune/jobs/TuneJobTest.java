package org.sparkfinetune.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sparkfinetune.ChildJvm;
import org.sparkfinetune.MlflowVersion;
import org.sparkfinetune.distributed.TestCluster;

/** {@code jobs/tune} as users run it. */
@Tag("slow")
class TuneJobTest {
  private static final Duration PATIENCE = Duration.ofMinutes(4);
  private static final String RATES =
      "tune.space.training.learning_rate={low=1e-5, high=1e-2, log=true}";

  @TempDir Path folder;

  private List<String> tune(Path output, String... more) throws IOException {
    List<String> arguments =
        new ArrayList<>(TrackedJobs.fineTune(TrackedJobs.rows(folder, 90), output, more));
    arguments.set(0, "tune");
    arguments.set(arguments.indexOf("spark.master=local[1]"), "spark.master=local[2]");
    return arguments;
  }

  private String run(String name, Map<String, String> environment, List<String> arguments)
      throws Exception {
    try (ChildJvm job = TrackedJobs.start(folder, name, environment, arguments)) {
      return job.awaitSuccess(PATIENCE);
    }
  }

  private static List<JsonNode> trials(Path output) throws IOException {
    JsonNode study = new ObjectMapper().readTree(output.resolve("study.json").toFile());
    return StreamSupport.stream(study.path("trials").spliterator(), false).toList();
  }

  private static List<String> states(Path output) throws IOException {
    return trials(output).stream().map(trial -> trial.path("state").asText()).toList();
  }

  @Test
  void aStudyIsWrittenAndRecorded() throws Exception {
    Path output = folder.resolve("study");
    try (MlflowVersion.Server server = MlflowVersion.V3.trackingServer(folder)) {
      String printed =
          run(
              "tune",
              Map.of("MLFLOW_TRACKING_URI", server.uri().toString()),
              tune(
                  output,
                  RATES,
                  "tune.space.training.num_train_epochs=[1, 2]",
                  "tune.n_trials=4",
                  "tune.enqueue=[{training.learning_rate=5e-3, training.num_train_epochs=2}]"));

      assertThat(printed).contains("trial   0  complete", "4 trials: 4 complete", "best: trial");
      List<JsonNode> trials = trials(output);
      assertThat(trials).hasSize(4);
      assertThat(trials.get(0).path("params").path("training.learning_rate").doubleValue())
          .isEqualTo(5e-3);
      assertThat(trials.get(0).path("intermediate_values").size()).isEqualTo(2);
      assertThat(trials).extracting(t -> t.path("slot").intValue()).contains(0, 1);
      assertThat(output.resolve("report.html")).exists();
      assertThat(output.resolve("trials")).doesNotExist();
      assertThat(output.resolve("model").resolve("stages")).isDirectory();

      List<JsonNode> runs = new ArrayList<>();
      TrackedJobs.runs(server).forEach(runs::add);
      assertThat(runs).hasSize(5);
      JsonNode parent = runs.get(0);
      assertThat(parent.path("status").asText()).isEqualTo("FINISHED");
      List<String> artifacts = new ArrayList<>();
      parent.path("artifacts").forEach(artifact -> artifacts.add(artifact.asText()));
      assertThat(artifacts).contains("study.json", "best.conf", "report.html");
      for (JsonNode child : runs.subList(1, 5)) {
        JsonNode tags = child.path("tags");
        assertThat(tags.path("mlflow.parentRunId").asText()).isEqualTo(parent.path("id").asText());
        assertThat(child.path("status").asText()).isEqualTo("FINISHED");
        JsonNode trial = trials.get(tags.path("spark-finetune.trial").asInt());
        assertThat(child.path("params").path("training.learning_rate").asDouble())
            .isEqualTo(trial.path("params").path("training.learning_rate").doubleValue());
        assertThat(child.path("metrics").path("best_eval_accuracy").path(0).path(1).asDouble())
            .isEqualTo(trial.path("value").doubleValue());
        assertThat(child.path("metrics").path("loss").size()).isGreaterThan(5);
        if (trial.path("number").asInt() == 0) {
          // By the end of the trials the server has had it for long.
          assertThat(output.resolve("report.html"))
              .content()
              .contains("/runs/" + child.path("id").asText() + "\"");
        }
      }
    }

    run(
        "fine-tune",
        Map.of(),
        List.of(
            "fine-tune",
            "--conf",
            output.resolve("best.conf").toString(),
            "output=" + folder.resolve("best")));
    double best =
        trials(output).stream().mapToDouble(t -> t.path("value").doubleValue()).max().orElseThrow();
    JsonNode again =
        new ObjectMapper().readTree(folder.resolve("best").resolve("metrics.json").toFile());
    assertThat(again.path("eval_accuracy").doubleValue()).isEqualTo(best);
  }

  @Test
  void aKilledDriversStudyGoesOnWhereItStood() throws Exception {
    Path output = folder.resolve("study");
    List<String> arguments =
        tune(output, RATES, "training.num_train_epochs=60", "tune.n_trials=6", "resume=true");
    Map<Integer, JsonNode> finished = new TreeMap<>();
    for (int kill = 0; kill < 3; kill++) {
      try (ChildJvm job = TrackedJobs.start(folder, "tune-" + kill, Map.of(), arguments)) {
        int before = finished.size();
        Instant end = Instant.now().plus(PATIENCE);
        // Once in the middle of the first trials, then after each that has ended.
        while (Instant.now().isBefore(end)
            && !(kill == 0 ? hasReported(output) : finished(output).size() > before)) {
          assertThat(job.process().isAlive()).as(job.output()).isTrue();
          Thread.sleep(20);
        }
        if (kill == 0) {
          // As Ctrl-C: Spark ends in good order, and the trials before it is heard of.
          ChildJvm.signal(job.process(), "TERM");
          job.awaitEnd(PATIENCE);
          assertThat(states(output)).doesNotContain("FAILED");
        }
      }
      Map<Integer, JsonNode> now = finished(output);
      finished.forEach((number, trial) -> assertThat(now.get(number)).isEqualTo(trial));
      finished.putAll(now);
    }

    run("tune-last", Map.of(), arguments);

    assertThat(states(output)).hasSize(6).containsOnly("COMPLETE");
    Map<Integer, JsonNode> all = finished(output);
    finished.forEach((number, trial) -> assertThat(all.get(number)).isEqualTo(trial));
    assertThat(output.resolve("model").resolve("stages")).isDirectory();
  }

  private static boolean hasReported(Path output) {
    return reports(output, 0) > 1 || reports(output, 1) > 1;
  }

  /** How many intermediate values the study has of a trial. */
  private static int reports(Path output, int trial) {
    try {
      return Files.exists(output.resolve("study.json")) && trials(output).size() > trial
          ? trials(output).get(trial).path("intermediate_values").size()
          : 0;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Map<Integer, JsonNode> finished(Path output) throws IOException {
    Map<Integer, JsonNode> finished = new TreeMap<>();
    if (Files.exists(output.resolve("study.json"))) {
      for (JsonNode trial : trials(output)) {
        if (List.of("COMPLETE", "PRUNED", "FAILED").contains(trial.path("state").asText())) {
          finished.put(trial.path("number").intValue(), trial);
        }
      }
    }
    return finished;
  }

  @Test
  void everyTrialIsAccountedForWhateverHappensToIt() throws Exception {
    Path output = folder.resolve("study");
    List<String> arguments =
        tune(
            output,
            RATES,
            "tune.objective=" + TroubledObjective.class.getName(),
            "tune.metric=train_yield",
            "tune.direction=maximize",
            "tune.n_trials=8",
            "tune.trial_timeout=3",
            "tracking.flush_timeout=1");

    // Nobody listens there: the tracking server is away for the whole study.
    String printed = run("tune", Map.of("MLFLOW_TRACKING_URI", "http://127.0.0.1:9"), arguments);

    assertThat(states(output))
        .containsExactly(
            "COMPLETE", "FAILED", "FAILED", "FAILED", "FAILED", "COMPLETE", "COMPLETE", "COMPLETE");
    assertThat(trials(output).subList(1, 5))
        .extracting(trial -> trial.path("reason").asText())
        .satisfiesExactly(
            reason -> assertThat(reason).contains("this setting cannot be"),
            reason -> assertThat(reason).isEqualTo("train_yield is not a number"),
            reason -> assertThat(reason).contains("OutOfMemoryError"),
            reason ->
                assertThat(reason)
                    .contains("longer than the 3 s that a trial may take (tune.trial_timeout)"));
    assertThat(printed).contains("8 trials: 4 complete, 0 pruned, 4 failed", "To deliver them");
  }

  @Test
  void foldsAreAveragedAndTheBestIsTrainedOnAllRows() throws Exception {
    Path output = folder.resolve("study");

    String printed =
        run(
            "tune",
            Map.of(),
            tune(
                output,
                "tune.space.training.learning_rate=[3e-3, 1e-7]",
                "tune.sampler=grid",
                "tune.folds=3",
                "tune.refit=true",
                "tune.constraints=accuracy >= 0.45",
                "training.num_train_epochs=30"));

    assertThat(states(output)).containsExactly("COMPLETE", "COMPLETE");
    JsonNode good = trials(output).get(0);
    assertThat(good.path("intermediate_values").size()).isEqualTo(3);
    assertThat(good.path("intermediate_values").path("3")).isEqualTo(good.path("value"));
    assertThat(trials(output).get(1).path("constraints").get(0).doubleValue()).isPositive();
    assertThat(printed).contains("best: trial 0", "Training the best setting once more");
    assertThat(output.resolve("model").resolve("stages")).isDirectory();
    assertThat(output.resolve("class_scores.json")).exists();
  }

  @Test
  void trialsArePrunedOnExecutorsAndTheirFailuresTold() throws Exception {
    Path output = folder.resolve("study");
    List<String> arguments =
        tune(
            output,
            "tune.sampler=grid",
            "tune.space.training.learning_rate=[3e-3, 1e30, 1e-7, 2e-7]",
            "training.num_train_epochs=100",
            "training.lr_scheduler_type=constant",
            "training.early_stopping_patience=60",
            "tune.pruner=asha",
            "tune.min_resource=10",
            "tune.reduction_factor=2",
            "spark.authenticate=true",
            "spark.authenticate.secret=s3cret-of-the-test",
            "spark.executor.heartbeatInterval=200ms",
            "spark.executor.memory=1g");
    arguments.replaceAll(word -> word.replace("=local[2]", "=local-cluster[2,1,1024]"));

    String printed;
    try (ChildJvm job =
        TrackedJobs.start(folder, "tune", TestCluster.environment(folder), arguments)) {
      // What the first trial has reached at both rungs is what others are compared with.
      assertThat(ChildJvm.waitUntil(() -> reports(output, 0) >= 20, PATIENCE))
          .as(job.output())
          .isTrue();
      // Whichever trial it runs goes on from its checkpoint.
      ChildJvm.signal(TestCluster.executors(folder).values().iterator().next(), "KILL");
      printed = job.awaitSuccess(PATIENCE);
    }

    List<JsonNode> trials = trials(output);
    assertThat(states(output)).containsExactly("COMPLETE", "FAILED", "PRUNED", "PRUNED");
    assertThat(trials.get(1).path("reason").asText()).contains("diverged");
    assertThat(printed).contains("4 trials: 1 complete, 2 pruned, 1 failed");
    for (JsonNode pruned : trials.subList(2, 4)) {
      assertThat(pruned.path("intermediate_values").size()).isBetween(10, 60);
    }
  }
}
