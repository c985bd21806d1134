package io.sparkfinetune.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.sparkfinetune.ChildJvm;
import io.sparkfinetune.MlflowVersion;
import io.sparkfinetune.track.JournalReader;
import io.sparkfinetune.track.RunRecord;
import io.sparkfinetune.track.RunStatus;
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
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** {@code jobs/fine-tune} as users run it, on a real MLflow server, read back by its own client. */
class TrackedTrainingTest {
  private static final Path BASE =
      Path.of("src/test/resources/io/sparkfinetune/model/io/tiny-bert-classifier").toAbsolutePath();

  private static final Duration PATIENCE = Duration.ofMinutes(3);
  private static final String TOKEN = "tok-7f3a9c2e5b";
  private static final String PASSWORD = "pass-91d4e0";

  /** Prints the runs of the experiment, the oldest first, each with all that it has. */
  private static final String READ =
      """
      import json
      import logging
      import sys

      import mlflow

      logging.disable()
      mlflow.set_tracking_uri(sys.argv[1])
      client = mlflow.MlflowClient()
      experiment = client.get_experiment_by_name("tests").experiment_id
      runs = []
      for run in client.search_runs([experiment], order_by=["attributes.start_time ASC"]):
          history = {
              key: [[point.step, point.value] for point in client.get_metric_history(run.info.run_id, key)]
              for key in run.data.metrics
          }
          runs.append({
              "id": run.info.run_id,
              "name": run.info.run_name,
              "status": run.info.status,
              "params": run.data.params,
              "tags": run.data.tags,
              "metrics": history,
              "inputs": {
                  tag.value: [data.dataset.name, data.dataset.digest]
                  for data in run.inputs.dataset_inputs
                  for tag in data.tags
              },
              "artifacts": sorted(file.path for file in client.list_artifacts(run.info.run_id)),
          })
      print(json.dumps(runs))
      """;

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
      logits = model.predict(json.loads(sys.argv[2]) if len(sys.argv) > 2 else model.input_example)
      print(json.dumps({"shape": list(logits["logits"].shape), "labels": model.metadata.metadata["labels"]}))
      """;

  @TempDir Path folder;

  private Path rows(int count) throws IOException {
    String[] words = {"refund money", "parcel late", "password login"};
    StringBuilder csv = new StringBuilder("text,label\n");
    for (int i = 0; i < count; i++) {
      int label = i % words.length;
      csv.append(words[label]).append(' ').append(i).append(",label ").append(label).append('\n');
    }
    return Files.writeString(folder.resolve("rows-" + count + ".csv"), csv);
  }

  private ChildJvm start(
      String name, Class<?> main, Map<String, String> environment, List<String> arguments)
      throws IOException {
    List<String> options = List.of("-Xmx1g", "-Dspark-finetune.scripts=jobs");
    return ChildJvm.start(name, main, options, arguments, environment, folder);
  }

  private static List<String> fineTune(Path rows, Path output, String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "fine-tune",
                "data.train=" + rows,
                "model.base=" + BASE,
                "model.max_length=16",
                "training.per_device_train_batch_size=8",
                "training.logging_steps=1",
                "tracking.experiment=tests",
                "tracking.system_metrics_interval=1",
                "spark.master=local[1]",
                "output=" + output));
    arguments.addAll(List.of(more));
    return arguments;
  }

  private static JsonNode runs(MlflowVersion.Server server) throws Exception {
    return new ObjectMapper().readTree(server.python(READ).lines().reduce((a, b) -> b).get());
  }

  private static RunRecord journal(Path output) {
    List<RunRecord> runs =
        JournalReader.runs(new org.apache.hadoop.fs.Path(output.toUri()), new Configuration(false));
    return runs.get(runs.size() - 1);
  }

  /** The losses that the newest run's journal has by now. */
  private static int losses(Path output) {
    org.apache.hadoop.fs.Path journals = new org.apache.hadoop.fs.Path(output.toUri());
    return JournalReader.runs(journals, new Configuration(false)).stream()
        .mapToInt(run -> run.metrics().getOrDefault("loss", List.of()).size())
        .max()
        .orElse(0);
  }

  /** Every measurement of the journal, at its step and in order, once. */
  private static void assertSameMetrics(JsonNode server, RunRecord journal) {
    assertThat(server.path("metrics").size()).isEqualTo(journal.metrics().size());
    journal
        .metrics()
        .forEach(
            (name, points) -> {
              List<String> expected =
                  points.stream().map(point -> point.step() + " " + point.value()).toList();
              List<String> found = new ArrayList<>();
              server
                  .path("metrics")
                  .path(name)
                  .forEach(
                      point -> found.add(point.get(0).asLong() + " " + point.get(1).asDouble()));
              assertThat(found).as(name).isEqualTo(expected);
            });
  }

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
              rows(90),
              output,
              "tracking.run_name=the run",
              "tracking.register_model=intents",
              "tracking.model_alias=champion",
              "log=debug",
              "spark.eventLog.enabled=true",
              "spark.eventLog.dir=" + Files.createDirectory(folder.resolve("events")));
      String printed;
      try (ChildJvm job = start("job", Main.class, environment, arguments)) {
        printed = job.awaitSuccess(PATIENCE);
      }
      assertThat(printed).contains(server.uri() + "/#/experiments/");

      JsonNode run = runs(server).path(0);
      RunRecord journal = journal(output);
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
          .containsEntry("model.base", BASE.toString());
      assertThat(run.path("inputs").size()).isEqualTo(3);
      assertThat(run.path("inputs").path("training").path(1).asText()).matches("[0-9a-f]{16}");
      List<String> artifacts = new ArrayList<>();
      run.path("artifacts").forEach(artifact -> artifacts.add(artifact.asText()));
      assertThat(artifacts)
          .contains("config.conf", "metrics.json", "report.html", "confusion_matrix.csv");

      JsonNode predicted =
          new ObjectMapper().readTree(server.python(PREDICT).lines().reduce((a, b) -> b).get());
      assertThat(predicted.path("shape").path(1).asInt()).isEqualTo(3);
      assertThat(predicted.path("labels").path(2).asText()).isEqualTo("label 2");
      try (ChildJvm evaluate =
          start(
              "evaluate",
              Main.class,
              Map.of("MLFLOW_TRACKING_URI", server.uri().toString()),
              List.of(
                  "evaluate",
                  "model=models:/intents@champion",
                  "data.test=" + rows(30),
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
        fineTune(rows(60), output, "tracking.uri=http://127.0.0.1:9", "tracking.flush_timeout=1");
    try (ChildJvm job = start("job", Main.class, Map.of(), arguments)) {
      assertThat(job.awaitSuccess(PATIENCE))
          .contains("events are in the journal and not yet on the tracking server")
          .contains("jobs/sync journal=" + output.resolve("tracking"));
    }
    try (MlflowVersion.Server server = MlflowVersion.V3.trackingServer(folder)) {
      for (int time = 0; time < 2; time++) {
        try (ChildJvm sync =
            start(
                "sync-" + time,
                Main.class,
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
    Path rows = rows(400);
    try (MlflowVersion.Server server = MlflowVersion.V3.trackingServer(folder)) {
      Map<String, String> environment = Map.of("MLFLOW_TRACKING_URI", server.uri().toString());
      String[] settings = {
        "training.num_train_epochs=12", "training.save_strategy=steps", "training.save_steps=20"
      };
      try (ChildJvm job =
          start("killed", Main.class, environment, fineTune(rows, output, settings))) {
        assertThat(ChildJvm.waitUntil(() -> losses(output) > 60, PATIENCE)).isTrue();
        ChildJvm.signal(job.process(), "KILL");
      }
      assertThat(journal(output).status()).isEqualTo(RunStatus.RUNNING);
      List<String> again = fineTune(rows, output, settings);
      again.add("training.resume=true");
      try (ChildJvm job = start("resumed", Main.class, environment, again)) {
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
        start("job", Main.class, Map.of(), fineTune(rows(60), output, "training.seed=7"))) {
      job.awaitSuccess(PATIENCE);
    }
    Path again = folder.resolve("again");
    try (ChildJvm job =
        start(
            "again",
            Main.class,
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
