package org.sparkfinetune.track.mlflow;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.sparkfinetune.UserException;
import org.sparkfinetune.track.DatasetInfo;
import org.sparkfinetune.track.RunSnapshot;
import org.sparkfinetune.track.RunStatus;
import org.sparkfinetune.track.Sink.ServerUnavailableException;

/** Runs of a tracking server, read back. Asks at once and does not repeat: a person is waiting. */
public final class MlflowRuns {
  private static final Duration CONNECT = Duration.ofSeconds(10);
  private static final Duration REQUEST = Duration.ofSeconds(30);
  private static final int PAGE = 1000;

  private final MlflowHttp http;
  private final Configuration hadoop;
  private final Map<String, String> experimentNames = new HashMap<>();

  /**
   * Of a server, which is not asked yet.
   *
   * @throws UserException when it is no address of one
   */
  public MlflowRuns(String trackingUri, Configuration hadoop) {
    http = new MlflowHttp(MlflowHost.of(trackingUri), CONNECT, REQUEST);
    this.hadoop = hadoop;
  }

  /** What asks the server. */
  private interface Question<R> {
    R ask() throws ServerUnavailableException, RejectedException, IOException;
  }

  private static <R> R ask(Question<R> question) {
    try {
      return question.ask();
    } catch (ServerUnavailableException | RejectedException | IOException e) {
      throw new UserException(e.getMessage(), e);
    }
  }

  /**
   * The newest runs, the newest first, with the newest value of each metric alone and without
   * artifacts.
   *
   * @param experiment its name; empty for all
   * @param filter in MLflow's own words, as in {@code metrics.eval_accuracy > 0.9}; may be empty
   * @throws UserException when there is no such experiment, or the server cannot be asked
   */
  public List<RunSnapshot> list(String experiment, String filter, int max) {
    return ask(() -> search(experiment, filter, max));
  }

  private List<RunSnapshot> search(String experiment, String filter, int max)
      throws ServerUnavailableException, RejectedException {
    ObjectNode search = MlflowHttp.JSON.createObjectNode();
    List<String> ids = experiments(experiment);
    ids.forEach(search.withArray("experiment_ids")::add);
    search.put("filter", filter);
    search.putArray("order_by").add("attributes.start_time DESC");
    List<RunSnapshot> runs = new ArrayList<>();
    String token = "";
    do {
      search.put("max_results", Math.min(PAGE, max - runs.size()));
      if (!token.isEmpty()) {
        search.put("page_token", token);
      }
      JsonNode page = http.post("runs/search", search);
      for (JsonNode run : page.path("runs")) {
        Map<String, List<RunSnapshot.Point>> metrics = new LinkedHashMap<>();
        for (JsonNode metric : run.path("data").path("metrics")) {
          metrics.put(metric.path("key").asText(), List.of(point(metric)));
        }
        runs.add(record(run, metrics, Map.of()));
      }
      token = page.path("next_page_token").asText("");
    } while (!token.isEmpty() && runs.size() < max);
    return runs;
  }

  private List<String> experiments(String name)
      throws ServerUnavailableException, RejectedException {
    experimentNames.putAll(Experiments.names(http));
    List<String> ids = new ArrayList<>();
    experimentNames.forEach(
        (id, known) -> {
          if (name.isEmpty() || known.equals(name)) {
            ids.add(id);
          }
        });
    if (ids.isEmpty()) {
      throw new UserException(
          http.address()
              + " has no experiment "
              + name
              + ": it has "
              + String.join(", ", experimentNames.values()));
    }
    return ids;
  }

  /**
   * A run with every measurement and its artifacts.
   *
   * @param id the server's
   * @throws UserException when there is none, or the server cannot be asked
   */
  public RunSnapshot get(String id) {
    return ask(
        () -> {
          JsonNode run = http.get("runs/get", Map.of("run_id", id)).path("run");
          Map<String, List<RunSnapshot.Point>> metrics = new LinkedHashMap<>();
          for (JsonNode metric : run.path("data").path("metrics")) {
            String key = metric.path("key").asText();
            metrics.put(key, history(http, id, key));
          }
          Map<String, RunSnapshot.ArtifactFile> artifacts = new LinkedHashMap<>();
          String root = run.path("info").path("artifact_uri").asText();
          ArtifactStore.at(root, http, hadoop)
              .list("")
              .forEach(
                  (path, bytes) -> artifacts.put(path, new RunSnapshot.ArtifactFile("", bytes)));
          return record(run, metrics, artifacts);
        });
  }

  /**
   * A file of a run's, as text.
   *
   * @param path among its artifacts
   * @throws UserException when it cannot be read
   */
  public String text(String id, String path) {
    return ask(
        () -> {
          JsonNode run = http.get("runs/get", Map.of("run_id", id)).path("run");
          String root = run.path("info").path("artifact_uri").asText();
          try (InputStream in = ArtifactStore.at(root, http, hadoop).open(path)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
          }
        });
  }

  /** Every measurement of a name, in the order of steps. */
  static List<RunSnapshot.Point> history(MlflowHttp http, String id, String key)
      throws ServerUnavailableException, RejectedException {
    List<RunSnapshot.Point> points = new ArrayList<>();
    Map<String, String> query = new LinkedHashMap<>();
    query.put("run_id", id);
    query.put("metric_key", key);
    query.put("max_results", String.valueOf(PAGE));
    String token = "";
    do {
      if (!token.isEmpty()) {
        query.put("page_token", token);
      }
      JsonNode page = http.get("metrics/get-history", query);
      page.path("metrics").forEach(metric -> points.add(point(metric)));
      token = page.path("next_page_token").asText("");
    } while (!token.isEmpty());
    points.sort(
        (a, b) ->
            a.step() != b.step()
                ? Long.compare(a.step(), b.step())
                : Long.compare(a.time(), b.time()));
    return points;
  }

  private static RunSnapshot.Point point(JsonNode metric) {
    JsonNode value = metric.path("value");
    // NaN and infinity come as strings.
    double number = value.isTextual() ? Double.parseDouble(value.asText()) : value.asDouble();
    return new RunSnapshot.Point(
        metric.path("step").asLong(), metric.path("timestamp").asLong(), number);
  }

  private RunSnapshot record(
      JsonNode run,
      Map<String, List<RunSnapshot.Point>> metrics,
      Map<String, RunSnapshot.ArtifactFile> artifacts)
      throws ServerUnavailableException, RejectedException {
    JsonNode info = run.path("info");
    Map<String, String> params = entries(run.path("data").path("params"));
    Map<String, String> tags = entries(run.path("data").path("tags"));
    Map<String, DatasetInfo> inputs = new LinkedHashMap<>();
    for (JsonNode input : run.path("inputs").path("dataset_inputs")) {
      String context = entries(input.path("tags")).getOrDefault("mlflow.data.context", "");
      inputs.put(context, dataset(input.path("dataset")));
    }
    RunStatus status =
        switch (info.path("status").asText()) {
          case "FINISHED" -> RunStatus.FINISHED;
          case "FAILED" -> RunStatus.FAILED;
          case "KILLED" -> RunStatus.KILLED;
          default -> RunStatus.RUNNING;
        };
    return new RunSnapshot(
        info.path("run_id").asText(),
        info.path("run_name").asText(tags.getOrDefault("mlflow.runName", "")),
        experimentName(info.path("experiment_id").asText()),
        tags.getOrDefault("mlflow.parentRunId", ""),
        status,
        info.path("start_time").asLong(),
        info.path("end_time").asLong(),
        params,
        tags,
        metrics,
        inputs,
        artifacts);
  }

  private String experimentName(String id) throws ServerUnavailableException, RejectedException {
    if (!experimentNames.containsKey(id)) {
      JsonNode experiment =
          http.get("experiments/get", Map.of("experiment_id", id)).path("experiment");
      experimentNames.put(id, experiment.path("name").asText());
    }
    return experimentNames.get(id);
  }

  private static DatasetInfo dataset(JsonNode dataset) {
    Map<String, String> schema = new LinkedHashMap<>();
    Map<String, Long> profile = new LinkedHashMap<>();
    String source = dataset.path("source").asText();
    try {
      for (JsonNode column :
          MlflowHttp.JSON.readTree(dataset.path("schema").asText("{}")).path("mlflow_colspec")) {
        schema.put(column.path("name").asText(), column.path("type").asText());
      }
      MlflowHttp.JSON
          .readTree(dataset.path("profile").asText("{}"))
          .fields()
          .forEachRemaining(entry -> profile.put(entry.getKey(), entry.getValue().asLong()));
      source = MlflowHttp.JSON.readTree(source).path("path").asText(source);
    } catch (IOException e) {
      // Others write what they like there.
      schema.clear();
    }
    return new DatasetInfo(
        dataset.path("name").asText(),
        dataset.path("digest").asText(),
        dataset.path("source_type").asText(),
        source,
        schema,
        profile);
  }

  private static Map<String, String> entries(JsonNode list) {
    Map<String, String> entries = new LinkedHashMap<>();
    list.forEach(entry -> entries.put(entry.path("key").asText(), entry.path("value").asText()));
    return entries;
  }
}
