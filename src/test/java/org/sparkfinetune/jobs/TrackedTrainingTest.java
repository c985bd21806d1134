package org.sparkfinetune.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.sparkfinetune.jobs.TrackedJobs.assertSameMetrics;
import static org.sparkfinetune.jobs.TrackedJobs.fineTune;
import static org.sparkfinetune.jobs.TrackedJobs.journal;
import static org.sparkfinetune.jobs.TrackedJobs.losses;
import static org.sparkfinetune.jobs.TrackedJobs.rows;
import static org.sparkfinetune.jobs.TrackedJobs.runs;
import static org.sparkfinetune.jobs.TrackedJobs.start;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.sparkfinetune.ChildJvm;
import org.sparkfinetune.MlflowVersion;
import org.sparkfinetune.track.RunSnapshot;
import org.sparkfinetune.track.RunStatus;

/** {@code jobs/fine-tune} as users run it, on a real MLflow server, read back by its own client. */
@Tag("slow")
public class TrackedTrainingTest {
  private static final Duration PATIENCE = Duration.ofMinutes(3);
  private static final String TOKEN = "tok-7f3a9c2e5b";
  private static final String PASSWORD = "pass-91d4e0";

  /** Prints what pyfunc predicts of a registered model's own example. */
  private static final String PREDICT =
      """
      import json
      import logging
      import sys
      import warnings

      warnings.simplefilter("ignore")
      import mlflow

      logging.disable()
      mlflow.set_tracking_uri(sys.argv[1])
      model = mlflow.pyfunc.load_model("models:/intents@champion")
      answers = model.predict(model.input_example)
      print(json.dumps({"answers": answers.to_dict("records"), "labels": model.metadata.metadata["labels"]}))
      """;

  @TempDir Path folder;

  @ParameterizedTest
  @EnumSource
  void aTrainingIsWholeOnTheServer(MlflowVersion version) throws Exception {
    Path output = folder.resolve("out");
    try (MlflowVersion.Server server = version.trackingServer(folder)) {
      Map<String, String> environment =
          Map.of(
              "MLFLOW_TRACKING_URI",
              server.uri().toString().replace("://", "://somebody:" + PASSWORD + "@"),
              "MLFLOW_TRACKING_TOKEN",
              TOKEN);
      List<String> arguments =
          fineTune(
              rows(folder, 90),
              output,
              "tracking.run_name=the run",
              "tracking.register_model=intents",
              "tracking.model_alias=champion",
              "log=debug",
              "spark.eventLog.enabled=true",
              "spark.eventLog.dir=" + Files.createDirectory(folder.resolve("events")));
      String printed;
      try (ChildJvm job = start(folder, "job", environment, arguments)) {
        printed = job.awaitSuccess(PATIENCE);
      }
      assertThat(printed).contains(server.uri() + "/#/experiments/");

      JsonNode run = runs(server).path(0);
      RunSnapshot journal = journal(output);
      assertThat(run.path("status").asText()).isEqualTo("FINISHED");
      assertThat(run.path("name").asText()).isEqualTo("the run");
      assertSameMetrics(run, journal);
      List<Double> losses = new ArrayList<>();
      for (JsonNode entry :
          new ObjectMapper().readTree(output.resolve("log_history.json").toFile())) {
        if (entry.has("loss")) {
          losses.add(entry.get("loss").asDouble());
        }
      }
      List<Double> logged = new ArrayList<>();
      run.path("metrics").path("loss").forEach(point -> logged.add(point.get(1).asDouble()));
      assertThat(logged).isEqualTo(losses).hasSizeGreaterThan(20);
      assertThat(run.path("metrics").has("test_accuracy")).isTrue();
      assertThat(run.path("metrics").has("system/cpu_utilization_percentage")).isTrue();
      Map<String, String> params = new TreeMap<>();
      run.path("params")
          .fields()
          .forEachRemaining(p -> params.put(p.getKey(), p.getValue().asText()));
      assertThat(params).isEqualTo(new TreeMap<>(journal.params()));
      assertThat(params)
          .containsEntry("training.per_device_train_batch_size", "8")
          .containsEntry("model.base", TrackedJobs.BASE.toString());
      assertThat(run.path("inputs").size()).isEqualTo(3);
      assertThat(run.path("inputs").path("training").path(1).asText()).matches("[0-9a-f]{16}");
      List<String> artifacts = new ArrayList<>();
      run.path("artifacts").forEach(artifact -> artifacts.add(artifact.asText()));
      assertThat(artifacts)
          .contains(
              "config.conf",
              "metrics.json",
              "report.html",
              "confusion_matrix.csv",
              "class_scores.json");

      JsonNode predicted =
          new ObjectMapper().readTree(server.python(PREDICT).lines().reduce((a, b) -> b).get());
      assertThat(predicted.path("labels").path(2).asText()).isEqualTo("label 2");
      assertThat(predicted.path("answers").size()).isEqualTo(2);
      for (JsonNode answer : predicted.path("answers")) {
        assertThat(answer.path("label").asText()).startsWith("label ");
        assertThat(answer.path("probabilities").size()).isEqualTo(3);
      }
      try (ChildJvm evaluate =
          start(
              folder,
              "evaluate",
              Map.of("MLFLOW_TRACKING_URI", server.uri().toString()),
              List.of(
                  "evaluate",
                  "model=models:/intents@champion",
                  "data.test=" + rows(folder, 30),
                  "spark.master=local[1]"))) {
        assertThat(evaluate.awaitSuccess(PATIENCE)).contains("test_accuracy");
      }
    }
    assertNoSecrets();
  }

  /** In what the job printed, logged and left, and in what the server keeps of it. */
  private void assertNoSecrets() throws IOException {
    int looked = 0;
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        String text = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1);
        assertThat(text.contains(TOKEN)).as("the token in %s", file).isFalse();
        assertThat(text.contains(PASSWORD)).as("the password in %s", file).isFalse();
        looked++;
      }
    }
    assertThat(looked).isGreaterThan(20);
  }

  @Test
  void aServerThatIsAwayCostsNothingAndGetsEverythingLater() throws Exception {
    Path output = folder.resolve("out");
    List<String> arguments =
        fineTune(
            rows(folder, 60),
            output,
            "tracking.uri=http://127.0.0.1:9",
            "tracking.flush_timeout=1");
    try (ChildJvm job = start(folder, "job", Map.of(), arguments)) {
      assertThat(job.awaitSuccess(PATIENCE))
          .contains("events are in the journal and not yet on the tracking server")
          .contains("jobs/sync journal=" + output.resolve("tracking"));
    }
    try (MlflowVersion.Server server = MlflowVersion.V3.trackingServer(folder)) {
      for (int time = 0; time < 2; time++) {
        try (ChildJvm sync =
            start(
                folder,
                "sync-" + time,
                Map.of(),
                List.of(
                    "sync",
                    "journal=" + output.resolve("tracking"),
                    "tracking.uri=" + server.uri()))) {
          assertThat(sync.awaitSuccess(PATIENCE)).contains("delivered  ");
        }
        JsonNode runs = runs(server);
        assertThat(runs.size()).isEqualTo(1);
        assertThat(runs.path(0).path("status").asText()).isEqualTo("FINISHED");
        assertSameMetrics(runs.path(0), journal(output));
      }
    }
  }

  @Test
  void aKilledTrainingThatIsResumedIsOneRun() throws Exception {
    Path output = folder.resolve("out");
    Path rows = rows(folder, 400);
    try (MlflowVersion.Server server = MlflowVersion.V3.trackingServer(folder)) {
      Map<String, String> environment = Map.of("MLFLOW_TRACKING_URI", server.uri().toString());
      String[] settings = {
        "training.num_train_epochs=12", "training.save_strategy=steps", "training.save_steps=20"
      };
      try (ChildJvm job = start(folder, "killed", environment, fineTune(rows, output, settings))) {
        assertThat(ChildJvm.waitUntil(() -> losses(output) > 60, PATIENCE)).isTrue();
        ChildJvm.signal(job.process(), "KILL");
      }
      assertThat(journal(output).status()).isEqualTo(RunStatus.RUNNING);
      List<String> again = fineTune(rows, output, settings);
      again.add("training.resume=true");
      try (ChildJvm job = start(folder, "resumed", environment, again)) {
        assertThat(job.awaitSuccess(PATIENCE)).contains("going on from the checkpoint at step ");
      }
      JsonNode runs = runs(server);
      assertThat(runs.size()).isEqualTo(1);
      JsonNode run = runs.path(0);
      assertThat(run.path("status").asText()).isEqualTo("FINISHED");
      assertSameMetrics(run, journal(output));
      List<Long> steps = new ArrayList<>();
      run.path("metrics").path("loss").forEach(point -> steps.add(point.get(0).asLong()));
      JsonNode history = new ObjectMapper().readTree(output.resolve("log_history.json").toFile());
      List<Long> expected = new ArrayList<>();
      history.forEach(
          entry -> {
            if (entry.has("loss")) {
              expected.add(entry.get("step").asLong());
            }
          });
      assertThat(steps).isEqualTo(expected).hasSizeGreaterThan(400);
    }
  }

  @Test
  void aRecordedRunIsRepeated() throws Exception {
    Path output = folder.resolve("out");
    try (ChildJvm job =
        start(folder, "job", Map.of(), fineTune(rows(folder, 60), output, "training.seed=7"))) {
      job.awaitSuccess(PATIENCE);
    }
    Path again = folder.resolve("again");
    try (ChildJvm job =
        start(
            folder,
            "again",
            Map.of(),
            List.of("fine-tune", "--from-run", output.toString(), "output=" + again))) {
      job.awaitSuccess(PATIENCE);
    }
    assertThat(
            Files.readString(again.resolve("config.conf"))
                .replace(again.toString(), output.toString()))
        .isEqualTo(Files.readString(output.resolve("config.conf")));
    JsonNode first = new ObjectMapper().readTree(output.resolve("log_history.json").toFile());
    JsonNode second = new ObjectMapper().readTree(again.resolve("log_history.json").toFile());
    assertThat(second.path(3).path("loss").asDouble())
        .isEqualTo(first.path(3).path("loss").asDouble());
  }
}
