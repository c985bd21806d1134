package org.sparkfinetune.track.mlflow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.commons.io.FileUtils;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.sparkfinetune.MlflowVersion;
import org.sparkfinetune.UserException;
import org.sparkfinetune.track.DatasetInfo;
import org.sparkfinetune.track.FileDigest;
import org.sparkfinetune.track.RunHandle;
import org.sparkfinetune.track.RunSnapshot;
import org.sparkfinetune.track.RunStatus;
import org.sparkfinetune.track.Sink;
import org.sparkfinetune.track.Tracker;
import org.sparkfinetune.track.TrackingEvent;
import org.sparkfinetune.track.mlflow.FaultProxy.Fault;

/** Journals delivered to real MLflow servers, and read back by their own client. */
@Tag("slow")
class MlflowSinkTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final Duration SHORT = Duration.ofSeconds(2);
  private static final Configuration HADOOP = new Configuration(false);

  /** Prints the runs of an experiment with all that they have. */
  private static final String READ =
      """
      import json
      import logging
      import sys

      import mlflow

      logging.disable()
      server, name = sys.argv[1:]
      mlflow.set_tracking_uri(server)
      client = mlflow.MlflowClient()
      runs = {}
      experiment = client.get_experiment_by_name(name).experiment_id
      for run in client.search_runs([experiment]):
          info = run.info
          runs.setdefault(info.run_name, []).append({
              "id": info.run_id,
              "status": info.status,
              "times": [info.start_time, info.end_time],
              "params": run.data.params,
              "tags": run.data.tags,
              "metrics": {
                  key: [[p.step, p.timestamp, str(p.value)] for p in client.get_metric_history(info.run_id, key)]
                  for key in run.data.metrics
              },
              "inputs": [[d.dataset.name, d.dataset.digest, d.dataset.profile] for d in run.inputs.dataset_inputs],
          })
      versions = [
          [v.version, v.run_id, v.tags.get("color"), v.status]
          for v in client.search_model_versions("name='" + name + "'")
      ]
      print(json.dumps({"runs": runs, "versions": versions}))
      """;

  /** Prints an artifact in hexadecimal. */
  private static final String ARTIFACT =
      """
      import logging
      import sys

      import mlflow

      logging.disable()
      server, run, path = sys.argv[1:]
      mlflow.set_tracking_uri(server)
      with open(mlflow.artifacts.download_artifacts(run_id=run, artifact_path=path), "rb") as file:
          print("hex " + file.read().hex())
      """;

  private static final Map<MlflowVersion, MlflowVersion.Server> SERVERS =
      new EnumMap<>(MlflowVersion.class);

  @TempDir static Path serverFolder;
  @TempDir Path folder;

  private static MlflowVersion.Server server(MlflowVersion version) throws Exception {
    if (!SERVERS.containsKey(version)) {
      SERVERS.put(version, version.trackingServer(serverFolder));
    }
    return SERVERS.get(version);
  }

  @AfterAll
  static void stop() {
    SERVERS.values().forEach(MlflowVersion.Server::close);
  }

  private Tracker tracker(URI uri) {
    Sink sink = MlflowSink.open(uri.toString(), HADOOP, folder, SHORT, SHORT);
    return Tracker.open(folder, uri.toString(), Optional.of(sink));
  }

  private static JsonNode read(MlflowVersion.Server server, String experiment) throws Exception {
    String printed = server.python(READ, experiment);
    return new ObjectMapper().readTree(printed.lines().reduce((a, b) -> b).orElseThrow());
  }

  private static List<String> strings(JsonNode points, int field) {
    List<String> values = new ArrayList<>();
    points.forEach(point -> values.add(point.path(field).asText()));
    return values;
  }

  /** Logs a run and a child with everything that there is. */
  private Tracker logAll(URI uri, String experiment) throws Exception {
    Path files = Files.createDirectories(folder.resolve("files/sub ordner"));
    Files.write(files.resolve("leer"), new byte[0]);
    Files.write(files.resolve("zwei wörter.bin"), new byte[] {0, -1, 13, 10});
    Path model = Files.createDirectories(folder.resolve("model"));
    Files.writeString(model.resolve("MLmodel"), "flavors:\n  onnx:\n    data: m\nmodel_uuid: u1\n");
    Files.writeString(model.resolve("m"), "weights");
    Tracker tracker = tracker(uri);
    RunHandle run = tracker.startRun("parent", experiment, "", Map.of("mlflow.user", "ann"));
    run.logParams(Map.of("training.learning_rate", "5e-5"));
    double[] values = {1.5, Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, -0.25};
    for (int step = 0; step < values.length; step++) {
      run.logMetrics(step, 1_700_000_000_000L + step, Map.of("loss", values[step]));
    }
    run.logInput(
        "training",
        new DatasetInfo(
            "rows", "d1", "csv", "/x", Map.of("text", "string"), Map.of("num_rows", 3L)));
    run.logArtifact("data", new org.apache.hadoop.fs.Path(folder.resolve("files").toUri()), HADOOP);
    run.logModel(
        "model",
        new org.apache.hadoop.fs.Path(model.toUri()),
        HADOOP,
        experiment,
        "champion",
        Map.of("color", "red"));
    RunHandle child = tracker.startChild(run, "child", experiment, Map.of());
    child.end(RunStatus.KILLED);
    run.end(RunStatus.FINISHED);
    return tracker;
  }

  private void assertAll(MlflowVersion.Server server, String experiment) throws Exception {
    JsonNode all = read(server, experiment);
    assertThat(all.path("runs").size()).isEqualTo(2);
    assertThat(all.path("runs").path("parent").size()).isEqualTo(1);
    JsonNode run = all.path("runs").path("parent").path(0);
    assertThat(run.path("status").asText()).isEqualTo("FINISHED");
    assertThat(run.path("params").path("training.learning_rate").asText()).isEqualTo("5e-5");
    assertThat(strings(run.path("metrics").path("loss"), 0))
        .containsExactly("0", "1", "2", "3", "4");
    List<String> values = strings(run.path("metrics").path("loss"), 2);
    assertThat(values.get(0)).isEqualTo("1.5");
    assertThat(values.get(1)).isEqualTo("nan");
    // The server's own end of the scale, or infinity.
    assertThat(Double.parseDouble(values.get(2).replace("inf", "Infinity"))).isGreaterThan(1e308);
    assertThat(Double.parseDouble(values.get(3).replace("inf", "Infinity"))).isLessThan(-1e308);
    assertThat(values.get(4)).isEqualTo("-0.25");
    assertThat(run.path("tags").path("mlflow.user").asText()).isEqualTo("ann");
    assertThat(run.path("inputs").size()).isEqualTo(1);
    assertThat(run.path("inputs").path(0).path(2).asText()).isEqualTo("{\"num_rows\":3}");
    assertThat(all.path("versions").size()).isEqualTo(1);
    assertThat(all.path("versions").path(0).path(1).asText()).isEqualTo(run.path("id").asText());
    assertThat(all.path("versions").path(0).path(2).asText()).isEqualTo("red");
    JsonNode child = all.path("runs").path("child").path(0);
    assertThat(child.path("status").asText()).isEqualTo("KILLED");
    assertThat(child.path("tags").path("mlflow.parentRunId").asText())
        .isEqualTo(run.path("id").asText());
    String id = run.path("id").asText();
    assertThat(server.python(ARTIFACT, id, "data/sub ordner/zwei wörter.bin"))
        .contains("hex 00ff0d0a");

    RunSnapshot record = new MlflowRuns(server.uri().toString(), HADOOP).get(id);
    assertThat(record.metrics().get("loss").get(1).value()).isNaN();
    assertThat(record.inputs().get("training").digest()).isEqualTo("d1");
    assertThat(record.artifacts()).containsKey("data/sub ordner/leer");
    for (String uri :
        List.of(
            "models:/" + experiment + "@champion",
            "models:/" + experiment + "/1",
            "runs:/" + id + "/model")) {
      Path fetched =
          MlflowModels.resolve(uri, server.uri().toString(), folder.resolve("cache"), HADOOP);
      assertThat(fetched.resolve("m")).hasContent("weights");
    }
  }

  @ParameterizedTest
  @EnumSource
  void everythingArrivesAndAgainChangesNothing(MlflowVersion version) throws Exception {
    MlflowVersion.Server server = server(version);
    try (FaultProxy proxy = new FaultProxy(server.uri(), SHORT)) {
      // The run is made, and its answer gets lost.
      proxy.next("runs/create", Fault.LOST_ANSWER);
      proxy.next(Fault.UNAUTHORIZED, Fault.NONE, Fault.NONE, Fault.NONE, Fault.NONE);
      proxy.next(Fault.CUT_ANSWER, Fault.NONE, Fault.SERVER_ERROR, Fault.CUT_REQUEST);
      Tracker tracker = logAll(proxy.uri(), "whole");
      tracker.close(PATIENCE);
      assertThat(tracker.summary().left()).as(tracker.summary().trouble()).isZero();
      assertThat(tracker.summary().refused()).isZero();
      assertThat(proxy.requests()).anyMatch(one -> one.endsWith("runs/create LOST_ANSWER"));
    }
    assertAll(server, "whole");
    // As from another machine, which knows nothing of what was delivered.
    try (Stream<Path> state = Files.list(folder)) {
      for (Path file :
          state.filter(f -> f.getFileName().toString().matches("(delivered|runs)-.*")).toList()) {
        Files.delete(file);
      }
    }
    // What the server has already is not missed.
    Files.delete(folder.resolve("files/sub ordner/zwei wörter.bin"));
    Files.writeString(folder.resolve("files/sub ordner/leer"), "no longer");
    Files.delete(folder.resolve("model/m"));
    Tracker again = tracker(server.uri());
    again.close(PATIENCE);
    assertThat(again.summary().left()).as(again.summary().trouble()).isZero();
    assertThat(again.summary().refused()).isZero();
    assertAll(server, "whole");
  }

  @Test
  void whatIsTooLongOrOddlyNamedIsFittedAndStaysWhole() throws Exception {
    MlflowVersion.Server server = server(MlflowVersion.V3);
    Map<String, Double> odd = new LinkedHashMap<>();
    for (String name : List.of("a?b", "a*b", "ünïcode", "..", "/x", "n".repeat(300), "plain")) {
      odd.put(name, 1.0);
    }
    Map<String, String> params = new HashMap<>();
    for (int i = 0; i < 1700; i++) {
      params.put("param " + i, String.valueOf(i));
    }
    params.put("long", "v".repeat(10_000));
    Tracker tracker = tracker(server.uri());
    RunHandle run = tracker.startRun("limits", "limits", "", Map.of());
    run.logMetrics(1, odd);
    run.logParams(params);
    run.setTags(Map.of("tag", "t".repeat(7_000)));
    for (int step = 1; step <= 5000; step++) {
      run.logMetrics(step, Map.of("many", (double) step));
    }
    run.end(RunStatus.FINISHED);
    tracker.close(PATIENCE);
    assertThat(tracker.summary().left()).as(tracker.summary().trouble()).isZero();
    assertThat(tracker.summary().refused()).isZero();
    JsonNode found = read(server, "limits").path("runs").path("limits").path(0);
    assertThat(found.path("metrics").size()).isEqualTo(odd.size() + 1);
    assertThat(found.path("metrics").has("plain")).isTrue();
    assertThat(found.path("params").size()).isEqualTo(params.size());
    assertThat(strings(found.path("metrics").path("many"), 0))
        .isEqualTo(Stream.iterate(1, i -> i + 1).limit(5000).map(String::valueOf).toList());
    assertThat(found.path("params").path("long").asText())
        .hasSize(6000)
        .endsWith("... (10000 characters, whole in spark-finetune/long-values/params/long.txt)");
    assertThat(found.path("tags").path("tag").asText()).hasSize(5000);
    assertThat(
            server.python(
                ARTIFACT, found.path("id").asText(), "spark-finetune/long-values/params/long.txt"))
        .contains("hex " + "76".repeat(10_000));
  }

  @Test
  void whatTheServerWillNotHaveIsSetAsideAndTheRestArrives() throws Exception {
    MlflowVersion.Server server = server(MlflowVersion.V3);
    Path gone = Files.writeString(folder.resolve("gone"), "x");
    Path changed = Files.writeString(folder.resolve("changed"), "x");
    Path unreadable = Files.writeString(folder.resolve("unreadable"), "x");
    // Nobody answers yet.
    Tracker early =
        Tracker.open(
            folder,
            server.uri().toString(),
            Optional.of(MlflowSink.open("http://127.0.0.1:9", HADOOP, folder, SHORT, SHORT)));
    RunHandle run = early.startRun("refusals", "refusals", "", Map.of());
    run.logParams(Map.of("a", "1"));
    run.logParams(Map.of("a", "2"));
    run.logArtifact("gone", new org.apache.hadoop.fs.Path(gone.toUri()), HADOOP);
    run.logArtifact("changed", new org.apache.hadoop.fs.Path(changed.toUri()), HADOOP);
    run.logArtifact("unreadable", new org.apache.hadoop.fs.Path(unreadable.toUri()), HADOOP);
    run.logMetrics(1, Map.of("loss", 1.0));
    run.end(RunStatus.FINISHED);
    early.close();
    assertThat(early.summary().left()).isEqualTo(8);
    makeUnreadable(unreadable);
    Files.delete(gone);
    Files.writeString(changed, "y");
    Tracker tracker = tracker(server.uri());
    tracker.close(PATIENCE);
    assertThat(tracker.summary().left()).as(tracker.summary().trouble()).isZero();
    assertThat(tracker.summary().refused()).isEqualTo(4);
    assertThat(Files.readString(folder.resolve(Tracker.REFUSED)))
        .contains("gone is gone")
        .contains("changed has changed since it was logged")
        .containsPattern("# .*unreadable cannot be read: .*(Permission denied|Is a directory)");
    JsonNode found = read(server, "refusals").path("runs").path("refusals").path(0);
    assertThat(found.path("params").path("a").asText()).isEqualTo("1");
    assertThat(found.path("metrics").has("loss")).isTrue();
    assertThat(found.path("status").asText()).isEqualTo("FINISHED");
  }

  /** No permission keeps root from a file, but for files of the system's that nobody may read. */
  private static void makeUnreadable(Path file) throws Exception {
    Files.setPosixFilePermissions(file, Set.of());
    if (Files.isReadable(file)) {
      Files.delete(file);
      Path writeOnly = Path.of("/sys/bus/platform/drivers_probe");
      if (Files.exists(writeOnly)) {
        Files.createSymbolicLink(file, writeOnly);
      } else {
        Files.createDirectory(file);
      }
    }
    assertThatThrownBy(() -> Files.readAllBytes(file)).isInstanceOf(IOException.class);
  }

  @Test
  void noArtifactLeavesItsRun() throws Exception {
    MlflowVersion.Server server = server(MlflowVersion.V3);
    Path source = Files.writeString(folder.resolve("source"), "x");
    String sum = FileDigest.of(Files.newInputStream(source)).sha256();
    try (Sink sink = MlflowSink.open(server.uri().toString(), HADOOP, folder, SHORT, SHORT)) {
      sink.deliver(
          List.of(new TrackingEvent.RunStarted("r", 1, "places", "places", "", "", Map.of())));
      for (String place : List.of("../x", "/x", "a/../../x", "s3://bucket/x", "")) {
        // As another version of this project might have logged it.
        TrackingEvent event =
            new TrackingEvent.Artifact("r", 2, place, "", source.toUri().toString(), 1, sum);
        assertThatThrownBy(() -> sink.deliver(List.of(event)))
            .isInstanceOf(Sink.RefusedException.class)
            .hasMessage(place + " is no place among a run's artifacts");
      }
    }
  }

  private RunHandle logModel(Tracker tracker, String serverRun, String name, String weights)
      throws Exception {
    Path model = Files.createDirectories(folder.resolve("of " + weights));
    Files.writeString(model.resolve("MLmodel"), "flavors:\n  onnx:\n    data: m\nmodel_uuid: u\n");
    Files.writeString(model.resolve("m"), weights);
    RunHandle run = tracker.startRun(weights, name, serverRun, Map.of());
    org.apache.hadoop.fs.Path place = new org.apache.hadoop.fs.Path(model.toUri());
    run.logModel("model", place, HADOOP, name, "champion", Map.of());
    run.end(RunStatus.FINISHED);
    return run;
  }

  private static String weights(String uri, URI server, Path cache) throws IOException {
    return Files.readString(
        MlflowModels.resolve(uri, server.toString(), cache, HADOOP).resolve("m"));
  }

  @ParameterizedTest
  @EnumSource
  void aSecondJobOfAServersRunHasAModelOfItsOwn(MlflowVersion version) throws Exception {
    MlflowVersion.Server server = server(version);
    Tracker first = tracker(server.uri());
    RunHandle run = logModel(first, "", "shared", "first");
    first.close(PATIENCE);
    String address = first.address(run.id());
    String serverRun = address.substring(address.lastIndexOf('/') + 1);
    for (int time = 0; time < 2; time++) {
      // The second time by somebody who knows nothing of the first.
      Sink sink = MlflowSink.open(server.uri().toString(), HADOOP, folder, SHORT, SHORT);
      Path journal = folder.resolve("second-" + time);
      Tracker second = Tracker.open(journal, server.uri().toString(), Optional.of(sink));
      logModel(second, serverRun, "shared", "second " + time);
      second.close(PATIENCE);
      assertThat(second.summary().left()).as(second.summary().trouble()).isZero();
      assertThat(second.summary().refused()).isZero();
    }

    Path cache = folder.resolve("cache");
    assertThat(read(server, "shared").path("versions").size()).isEqualTo(3);
    assertThat(weights("models:/shared/1", server.uri(), cache)).isEqualTo("first");
    assertThat(weights("models:/shared/2", server.uri(), cache)).isEqualTo("second 0");
    assertThat(weights("models:/shared@champion", server.uri(), cache)).isEqualTo("second 1");
  }

  /** Gives a version of a registered model another status, as no client can. */
  private static final String SET_STATUS =
      """
      import sqlite3, sys
      with sqlite3.connect(sys.argv[2]) as runs:
          runs.execute("UPDATE model_versions SET status = ? WHERE name = ?", sys.argv[3:])
      """;

  @Test
  void anAliasIsMovedToNoVersionThatIsNotReady() throws Exception {
    MlflowVersion.Server server = server(MlflowVersion.V3);
    Tracker tracker = tracker(server.uri());
    RunHandle run = logModel(tracker, "", "broken", "broken");
    tracker.close(PATIENCE);
    TrackingEvent again =
        new TrackingEvent.Model(run.id(), 1, "model", "broken", "other", Map.of());
    String runs = serverFolder.resolve("runs-V3.db").toString();
    try (Sink sink = MlflowSink.open(server.uri().toString(), HADOOP, folder, SHORT, SHORT)) {
      server.python(SET_STATUS, runs, "PENDING_REGISTRATION", "broken");
      assertThatThrownBy(() -> sink.deliver(List.of(again)))
          .isInstanceOf(Sink.ServerUnavailableException.class)
          .hasMessage("version 1 of the registered model broken is not ready yet");
      server.python(SET_STATUS, runs, "FAILED_REGISTRATION", "broken");
      assertThatThrownBy(() -> sink.deliver(List.of(again)))
          .isInstanceOf(Sink.RefusedException.class)
          .hasMessageStartingWith(
              "version 1 of the registered model broken is of no use: FAILED_REGISTRATION");
    }
    assertThatThrownBy(() -> weights("models:/broken@other", server.uri(), folder))
        .isInstanceOf(UserException.class);
  }

  @Test
  void aModelThatCannotBeFetchedLeavesNothing() throws Exception {
    MlflowVersion.Server server = server(MlflowVersion.V3);
    Tracker tracker = tracker(server.uri());
    logModel(tracker, "", "cut", "whole weights");
    tracker.close(PATIENCE);
    Path cache = folder.resolve("cache");
    try (FaultProxy proxy = new FaultProxy(server.uri(), SHORT)) {
      int before = proxy.requests().size();
      assertThat(weights("models:/cut/1", proxy.uri(), cache)).isEqualTo("whole weights");
      int needed = proxy.requests().size() - before;
      FileUtils.deleteDirectory(cache.toFile());
      Fault[] faults = new Fault[needed];
      Arrays.fill(faults, Fault.NONE);
      faults[needed - 1] = Fault.CUT_ANSWER;
      proxy.next(faults);
      assertThatThrownBy(() -> weights("models:/cut/1", proxy.uri(), cache))
          .isInstanceOf(UserException.class);
    }
    assertThat(cache).isEmptyDirectory();
  }

  @Test
  void aNameThatIsTooLongForTheServerIsWholeInATag() throws Exception {
    MlflowVersion.Server server = server(MlflowVersion.V3);
    String name = "name ".repeat(80);
    Tracker tracker = tracker(server.uri());
    tracker.startRun(name, "names", "", Map.of()).end(RunStatus.FINISHED);
    tracker.close(PATIENCE);
    assertThat(tracker.summary().left()).as(tracker.summary().trouble()).isZero();
    Map.Entry<String, JsonNode> run = read(server, "names").path("runs").fields().next();
    assertThat(run.getKey())
        .hasSize(250)
        .endsWith("... (400 characters, whole in the tag spark-finetune.run_name)");
    assertThat(run.getValue().path(0).path("tags").path("spark-finetune.run_name").asText())
        .isEqualTo(name);
  }
}
