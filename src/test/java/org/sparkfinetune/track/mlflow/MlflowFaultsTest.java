package org.sparkfinetune.track.mlflow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.sparkfinetune.MlflowVersion;
import org.sparkfinetune.track.DatasetInfo;
import org.sparkfinetune.track.RunStatus;
import org.sparkfinetune.track.Sink;
import org.sparkfinetune.track.TrackingEvent;
import org.sparkfinetune.track.mlflow.FaultProxy.Fault;

@Tag("slow")
class MlflowFaultsTest {
  private static final Duration TIMEOUT = Duration.ofSeconds(2);

  /** Of one whom no answer reaches in time: each request costs it. */
  private static final Duration SHORT_TIMEOUT = Duration.ofMillis(400);

  private static final Duration LATE = Duration.ofSeconds(20);
  private static final int ATTEMPTS = 200;

  /** More names than MLflow 2 can look for at once, more values than go into a request. */
  private static final int NAMES = 120;

  private static final int STEPS = 12;

  /** What the official client knows of an experiment's runs. */
  private static final String READ_BACK =
      """
      import hashlib, json, sys, mlflow
      from mlflow import MlflowClient
      mlflow.set_tracking_uri(sys.argv[1])
      client = MlflowClient()
      experiment = client.get_experiment_by_name(sys.argv[2])
      runs = []
      for run in client.search_runs([experiment.experiment_id], max_results=1000):
          history = {key: [[m.step, m.timestamp, repr(m.value)]
                           for m in client.get_metric_history(run.info.run_id, key)]
                     for key in run.data.metrics}
          files = {}
          def walk(path=None):
              for file in client.list_artifacts(run.info.run_id, path):
                  if file.is_dir:
                      walk(file.path)
                  else:
                      local = mlflow.artifacts.download_artifacts(
                          run_id=run.info.run_id, artifact_path=file.path)
                      files[file.path] = hashlib.sha256(open(local, "rb").read()).hexdigest()
          walk()
          versions = client.search_model_versions(f"run_id='{run.info.run_id}'")
          runs.append(dict(
              name=run.info.run_name, id=run.info.run_id, status=run.info.status, start=run.info.start_time,
              end=run.info.end_time, params=run.data.params, tags=run.data.tags, metrics=history,
              inputs=[[i.dataset.name, i.dataset.digest, [[t.key, t.value] for t in i.tags]]
                      for i in run.inputs.dataset_inputs],
              outputs=len(getattr(run.outputs, "model_outputs", []))
                  if getattr(run, "outputs", None) else 0,
              versions=[[v.name, v.version, list(client.get_model_version(v.name, v.version).aliases)]
                        for v in versions],
              files=files))
      print("RUNS " + json.dumps(runs))
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

  private static Map<String, JsonNode> read(MlflowVersion version, String experiment)
      throws Exception {
    String printed = server(version).python(READ_BACK, experiment);
    String json =
        printed.lines().filter(line -> line.startsWith("RUNS ")).findFirst().orElseThrow();
    Map<String, JsonNode> runs = new HashMap<>();
    for (JsonNode run : MlflowHttp.JSON.readTree(json.substring("RUNS ".length()))) {
      assertThat(runs.put(run.path("name").asText(), run)).as("twice: " + run).isNull();
    }
    return runs;
  }

  @ParameterizedTest
  @EnumSource(MlflowVersion.class)
  void whateverHappensToRequestsTheServerHasEachEventOnce(MlflowVersion version) throws Exception {
    Map<String, List<String>> met = new HashMap<>();
    MlflowVersion.Server server = server(version);
    try (FaultProxy proxy = new FaultProxy(server.uri(), LATE)) {
      // One that stalls is one that is late, to the client.
      for (Fault fault : EnumSet.complementOf(EnumSet.of(Fault.STALLED_ANSWER))) {
        meet(proxy, fault, fault.name(), true, met);
      }
      // By one who knows nothing of what it has tried before.
      meet(proxy, Fault.LOST_ANSWER, "anew", false, met);
      // Once more from the beginning, as by somebody who knows nothing.
      proxy.once(Fault.NONE);
      List<TrackingEvent> again = events("REFUSED");
      deliver(proxy.uri().toString(), again, true, TIMEOUT);
      Map<String, JsonNode> runs = read(version, "faults");
      assertThat(runs).hasSize(2 * met.size());
      for (String name : met.keySet()) {
        verify(name, runs.get(name), version);
        verifyChild(runs.get(name + " child"), runs.get(name));
        assertThat(met.get(name)).as(name).anyMatch(one -> one.contains("runs/create"));
        assertThat(met.get(name)).as(name).anyMatch(one -> one.contains("log-batch"));
        assertThat(met.get(name)).as(name).anyMatch(one -> one.contains("PUT /api/2.0/mlflow-art"));
      }
    }
  }

  private void meet(
      FaultProxy proxy, Fault fault, String name, boolean remembers, Map<String, List<String>> met)
      throws Exception {
    int before = proxy.requests().size();
    proxy.once(fault);
    Duration timeout = fault == Fault.LATE_ANSWER ? SHORT_TIMEOUT : TIMEOUT;
    int attempts = deliver(proxy.uri().toString(), events(name), remembers, timeout);
    List<String> requests = proxy.requests().subList(before, proxy.requests().size());
    met.put(name, requests.stream().filter(one -> one.endsWith(" " + fault)).toList());
    if (fault != Fault.NONE) {
      assertThat(attempts).as(name).isGreaterThan(5);
    }
  }

  @ParameterizedTest
  @EnumSource(MlflowVersion.class)
  void tellsWhyItWaits(MlflowVersion version) throws Exception {
    MlflowVersion.Server server = server(version);
    try (FaultProxy proxy = new FaultProxy(server.uri(), LATE)) {
      String secret = "dapi-secret-1234";
      String uri = proxy.uri().toString().replace("://", "://ann:" + secret + "@");
      List<TrackingEvent> events = events("waits");
      try (Sink sink = sink(uri, folder, SHORT_TIMEOUT)) {
        proxy.always(Fault.UNAUTHORIZED);
        assertThatThrownBy(() -> sink.deliver(events))
            .isInstanceOf(Sink.ServerUnavailableException.class)
            .hasMessageContaining("does not let us in (401): set MLFLOW_TRACKING_TOKEN")
            .satisfies(e -> assertThat(stack(e)).doesNotContain(secret));
        proxy.always(Fault.TOO_MANY);
        assertThatThrownBy(() -> sink.deliver(events))
            .isInstanceOfSatisfying(
                Sink.ServerUnavailableException.class,
                e ->
                    assertThat(e.retryAfter())
                        .isEqualTo(Duration.ofSeconds(FaultProxy.RETRY_AFTER)));
        proxy.always(Fault.SERVER_ERROR);
        assertThatThrownBy(() -> sink.deliver(events))
            .isInstanceOf(Sink.ServerUnavailableException.class)
            .hasMessageEndingWith("answers 503: no server");
        proxy.always(Fault.NOT_FOUND);
        assertThatThrownBy(() -> sink.deliver(events))
            .isInstanceOf(Sink.ServerUnavailableException.class)
            .hasMessage(
                proxy.uri()
                    + " answers 404, and not as an MLflow server does: is tracking.uri right, and"
                    + " does what stands before the server let this through? It says: no page");
        proxy.always(Fault.NOT_ALLOWED);
        assertThatThrownBy(() -> sink.deliver(events))
            .isInstanceOf(Sink.ServerUnavailableException.class);
        proxy.always(Fault.MOVED);
        assertThatThrownBy(() -> sink.deliver(events))
            .isInstanceOf(Sink.ServerUnavailableException.class)
            .hasMessage(
                proxy.uri()
                    + " redirects to "
                    + FaultProxy.MOVED_TO
                    + ": set tracking.uri to the address where the server itself answers");
        for (Fault silent : List.of(Fault.LATE_ANSWER, Fault.STALLED_ANSWER)) {
          proxy.always(silent);
          long start = System.nanoTime();
          assertThatThrownBy(() -> sink.deliver(events))
              .isInstanceOf(Sink.ServerUnavailableException.class);
          assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(LATE);
        }
        proxy.close();
        assertThatThrownBy(() -> sink.deliver(events))
            .isInstanceOf(Sink.ServerUnavailableException.class)
            .hasMessageContaining("cannot be reached")
            .satisfies(e -> assertThat(stack(e)).doesNotContain(secret));
      }
    }
  }

  /** Deletes an experiment of a name, or restores it. */
  private static final String EXPERIMENT =
      """
      import sys, mlflow
      mlflow.set_tracking_uri(sys.argv[1])
      client = mlflow.MlflowClient()
      experiment = client.get_experiment_by_name(sys.argv[2])
      if experiment is None:
          client.delete_experiment(client.create_experiment(sys.argv[2]))
      else:
          client.restore_experiment(experiment.experiment_id)
      """;

  @Test
  void aRunOfADeletedExperimentWaitsUntilThatIsRestored() throws Exception {
    MlflowVersion.Server server = server(MlflowVersion.V3);
    server.python(EXPERIMENT, "deleted");
    List<TrackingEvent> events =
        List.of(
            new TrackingEvent.RunStarted("d", 1, "late", "deleted", "", "", Map.of()),
            new TrackingEvent.Metrics("d", 2, 1, Map.of("loss", 1.0)));
    try (Sink sink = sink(server.uri().toString(), folder, TIMEOUT)) {
      assertThatThrownBy(() -> sink.deliver(events))
          .isInstanceOf(Sink.ServerUnavailableException.class)
          .hasMessageStartingWith("the run late cannot begin on " + server.uri())
          .hasMessageContaining("the experiment deleted has been deleted: restore it");
      server.python(EXPERIMENT, "deleted");
      sink.deliver(events);
    }
    JsonNode run = read(MlflowVersion.V3, "deleted").get("late");
    assertThat(run.path("metrics").has("loss")).isTrue();
  }

  /** MLflow 2 cannot tell that it has a NaN, or one of more than a hundred names. */
  @ParameterizedTest
  @EnumSource(MlflowVersion.class)
  void whatIsDeliveredTwiceIsThereOnce(MlflowVersion version) throws Exception {
    String uri = server(version).uri().toString();
    List<TrackingEvent> events = new ArrayList<>();
    events.add(new TrackingEvent.RunStarted("twice", 1, "twice", "twice", "", "", Map.of()));
    for (int step = 0; step < STEPS; step++) {
      Map<String, Double> values = new HashMap<>();
      for (int i = 0; i < NAMES; i++) {
        values.put("m" + i, i == 7 || step == 3 ? Double.NaN : i + 0.5);
      }
      events.add(new TrackingEvent.Metrics("twice", 100 + step, step, values));
    }
    try (Sink sink = MlflowSink.open(uri, new Configuration(), folder)) {
      sink.deliver(events.subList(0, STEPS / 2));
      sink.deliver(events);
      sink.deliver(events);
    }
    JsonNode metrics = read(version, "twice").get("twice").path("metrics");
    assertThat(metrics.size()).isEqualTo(NAMES);
    for (int i = 0; i < NAMES; i++) {
      JsonNode points = metrics.path("m" + i);
      assertThat(points.size()).as("m" + i).isEqualTo(STEPS);
      for (int step = 0; step < STEPS; step++) {
        String value = i == 7 || step == 3 ? "nan" : String.valueOf(i + 0.5);
        assertThat(points.path(step).toString())
            .isEqualTo("[" + step + "," + (100 + step) + ",\"" + value + "\"]");
      }
    }
  }

  private static String stack(Throwable thrown) {
    java.io.StringWriter text = new java.io.StringWriter();
    thrown.printStackTrace(new java.io.PrintWriter(text));
    return text.toString();
  }

  private static Sink sink(String uri, Path state, Duration timeout) {
    return MlflowSink.open(uri, new Configuration(), state, TIMEOUT, timeout);
  }

  /** Delivers in two parts until all is stored; how often it had to try again. */
  private int deliver(String uri, List<TrackingEvent> events, boolean remembers, Duration timeout)
      throws Exception {
    int again = 0;
    Sink sink = sink(uri, Files.createTempDirectory(folder, "state"), timeout);
    for (List<TrackingEvent> part :
        List.of(events.subList(0, 4), events.subList(4, events.size()))) {
      boolean stored = false;
      while (!stored) {
        try {
          sink.deliver(part);
          stored = true;
        } catch (Sink.ServerUnavailableException e) {
          assertThat(++again).as("attempts; " + e.getMessage()).isLessThan(ATTEMPTS);
          if (!remembers) {
            sink.close();
            sink = sink(uri, Files.createTempDirectory(folder, "state"), timeout);
          }
        }
      }
    }
    sink.close();
    return again;
  }

  private List<TrackingEvent> events(String name) throws Exception {
    String id = "id-" + name;
    List<TrackingEvent> events = new ArrayList<>();
    events.add(
        new TrackingEvent.RunStarted(
            id,
            1000,
            name,
            "faults",
            "",
            "",
            Map.of("mlflow.user", "a", "long", "t".repeat(7000))));
    events.add(new TrackingEvent.Params(id, 1001, Map.of("seed", "1", "long", "x".repeat(9000))));
    double[] losses = {1, Double.NaN, Double.POSITIVE_INFINITY, Double.NEGATIVE_INFINITY, 1 / 3.0};
    for (int step = 0; step < losses.length; step++) {
      double loss = losses[step];
      events.add(new TrackingEvent.Metrics(id, 1000 + step, step, Map.of("loss", loss)));
    }
    events.add(new TrackingEvent.Tags(id, 1005, Map.of("color", "red")));
    // The same rows for two purposes.
    for (String context : List.of("training", "validation")) {
      events.add(
          new TrackingEvent.Input(
              id,
              1006,
              context,
              new DatasetInfo(
                  "rows", "d-" + name, "csv", "/rows", Map.of("text", "string"), Map.of())));
    }
    events.add(file(id, "notes/a file.txt", "", "some text of " + name));
    events.add(file(id, "model/MLmodel", "model", MLMODEL));
    events.add(new TrackingEvent.Model(id, 1008, "model", "m-" + name, "best", Map.of("k", "v")));
    String child = id + "-child";
    events.add(
        new TrackingEvent.RunStarted(child, 1500, name + " child", "faults", id, "", Map.of()));
    events.add(new TrackingEvent.Metrics(child, 1501, 1, Map.of("eval_loss", 0.5)));
    events.add(new TrackingEvent.RunEnded(child, 1600, RunStatus.KILLED));
    events.add(new TrackingEvent.RunEnded(id, 2000, RunStatus.FINISHED));
    return events;
  }

  private static final String MLMODEL =
      "artifact_path: model\nflavors:\n  onnx:\n    data: model.onnx\nmodel_uuid: abc\n"
          + "utc_time_created: '2026-01-01 00:00:00.000000'\n";

  private TrackingEvent file(String id, String path, String model, String text) throws Exception {
    Path source = Files.createTempFile(folder, "artifact", ".txt");
    Files.writeString(source, text);
    return new TrackingEvent.Artifact(
        id, 1007, path, model, source.toUri().toString(), Files.size(source), sha256(text));
  }

  private static String sha256(String text) throws Exception {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
  }

  private static void verify(String name, JsonNode run, MlflowVersion version) throws Exception {
    assertThat(run.path("status").asText()).as(name).isEqualTo("FINISHED");
    assertThat(run.path("start").asLong()).as(name).isEqualTo(1000);
    assertThat(run.path("end").asLong()).as(name).isEqualTo(2000);
    assertThat(run.path("params").path("seed").asText()).as(name).isEqualTo("1");
    assertThat(run.path("params").path("long").asText()).as(name).hasSize(Limits.PARAM_VALUE);
    assertThat(run.path("tags").path("color").asText()).as(name).isEqualTo("red");
    assertThat(run.path("tags").path("mlflow.user").asText()).as(name).isEqualTo("a");
    // What is infinite is MLflow's greatest number.
    assertThat(run.path("metrics").path("loss").toString())
        .as(name)
        .isEqualTo(
            "[[0,1000,\"1.0\"],[1,1001,\"nan\"],[2,1002,\"1.7976931348623157e+308\"],"
                + "[3,1003,\"-1.7976931348623157e+308\"],[4,1004,\"0.3333333333333333\"]]");
    String context = "[[\"mlflow.data.context\",\"%s\"]]";
    assertThat(run.path("inputs"))
        .as(name)
        .extracting(JsonNode::toString)
        .containsExactlyInAnyOrder(
            "[\"rows\",\"d-" + name + "\"," + context.formatted("training") + "]",
            "[\"rows (validation)\",\"d-" + name + "\"," + context.formatted("validation") + "]");
    assertThat(run.path("versions").size()).as(name).isEqualTo(1);
    assertThat(run.path("versions").path(0).path(2).toString()).as(name).isEqualTo("[\"best\"]");
    assertThat(run.path("outputs").asInt()).as(name).isEqualTo(version == MlflowVersion.V3 ? 1 : 0);
    JsonNode files = run.path("files");
    assertThat(files.path("notes/a file.txt").asText()).isEqualTo(sha256("some text of " + name));
    String whole = sha256("x".repeat(9000));
    assertThat(files.path("spark-finetune/long-values/params/long.txt").asText()).isEqualTo(whole);
    assertThat(files.path("spark-finetune/long-values/tags/long.txt").asText())
        .as(name)
        .isEqualTo(sha256("t".repeat(7000)));
    assertThat(run.path("tags").path("long").asText()).as(name).hasSize(Limits.TAG_VALUE);
  }

  private static void verifyChild(JsonNode child, JsonNode parent) {
    String name = child.path("name").asText();
    assertThat(child.path("status").asText()).as(name).isEqualTo("KILLED");
    assertThat(child.path("end").asLong()).as(name).isEqualTo(1600);
    assertThat(child.path("tags").path("mlflow.parentRunId").asText())
        .as(name)
        .isEqualTo(parent.path("id").asText());
    assertThat(child.path("metrics").toString())
        .as(name)
        .isEqualTo("{\"eval_loss\":[[1,1501,\"0.5\"]]}");
  }
}
