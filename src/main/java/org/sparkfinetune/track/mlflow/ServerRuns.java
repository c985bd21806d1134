package org.sparkfinetune.track.mlflow;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sparkfinetune.track.Sink.ServerUnavailableException;
import org.sparkfinetune.track.TrackingEvent;

/**
 * Which run of the server is which of ours. A run carries our id in a tag, so that one whose making
 * was answered with silence is found again and not made twice; a file saves the search.
 */
final class ServerRuns {
  /** The tag that holds our id. */
  static final String RUN_ID = "spark-finetune.run_id";

  /** The tag that holds a name that is too long for the server. */
  static final String RUN_NAME = "spark-finetune.run_name";

  private static final Logger LOG = LoggerFactory.getLogger(ServerRuns.class);

  private final MlflowHttp http;
  private final Path file;
  private final Map<String, ServerRun> runs = new ConcurrentHashMap<>();
  private final Map<String, String> experiments = new HashMap<>();

  ServerRuns(MlflowHttp http, Path folder) {
    this.http = http;
    String name =
        UUID.nameUUIDFromBytes(http.address().getBytes(StandardCharsets.UTF_8)).toString();
    file = folder.resolve("runs-" + name + ".json");
    read();
  }

  private void read() {
    try {
      if (Files.exists(file)) {
        JsonNode all = MlflowHttp.JSON.readTree(file.toFile());
        all.fields()
            .forEachRemaining(
                run ->
                    runs.put(
                        run.getKey(),
                        new ServerRun(
                            run.getValue().path("id").asText(),
                            run.getValue().path("experiment").asText(),
                            run.getValue().path("artifacts").asText())));
      }
    } catch (IOException e) {
      // They are found by their tags.
      runs.clear();
    }
  }

  private void keep(String ours, ServerRun run) {
    runs.put(ours, run);
    ObjectNode all = MlflowHttp.JSON.createObjectNode();
    runs.forEach(
        (id, known) ->
            all.putObject(id)
                .put("id", known.id())
                .put("experiment", known.experiment())
                .put("artifacts", known.artifacts()));
    try {
      Path part = file.resolveSibling(file.getFileName() + ".part");
      Files.writeString(part, all.toPrettyString());
      Files.move(part, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      LOG.debug("{} cannot be written: runs are found by their tags", file, e);
    }
  }

  /** A run that is known without asking the server. */
  Optional<ServerRun> known(String ours) {
    return Optional.ofNullable(runs.get(ours));
  }

  /** The server's run of ours, wherever it is; made before. */
  ServerRun find(String ours) throws ServerUnavailableException, RejectedException {
    if (runs.containsKey(ours)) {
      return runs.get(ours);
    }
    ArrayNode everywhere = MlflowHttp.JSON.createArrayNode();
    Experiments.names(http).keySet().forEach(everywhere::add);
    ServerRun found =
        search(everywhere, ours)
            .orElseThrow(
                () ->
                    new RejectedException(
                        404, "", "the server has no run of ours with id " + ours));
    keep(ours, found);
    return found;
  }

  /** Makes a run, unless it is there, with those of its tags that a server takes as they are. */
  ServerRun start(TrackingEvent.RunStarted event)
      throws ServerUnavailableException, RejectedException {
    if (runs.containsKey(event.run())) {
      return runs.get(event.run());
    }
    if (!event.serverRun().isEmpty()) {
      return goOn(event);
    }
    String experiment = experiment(event.experiment());
    Optional<ServerRun> there =
        search(MlflowHttp.JSON.createArrayNode().add(experiment), event.run());
    if (there.isPresent()) {
      keep(event.run(), there.get());
      return there.get();
    }
    ObjectNode create = MlflowHttp.JSON.createObjectNode();
    create.put("experiment_id", experiment);
    create.put("start_time", event.time());
    String name = Limits.shortened(event.name(), Limits.RUN_NAME, "the tag " + RUN_NAME);
    create.put("run_name", name);
    Map<String, String> tags = tags(event);
    tags.put("mlflow.runName", name);
    if (!name.equals(event.name())) {
      tags.put(RUN_NAME, Limits.shortened(event.name(), Limits.TAG_VALUE, "the journal"));
    }
    if (!event.parent().isEmpty()) {
      tags.put("mlflow.parentRunId", find(event.parent()).id());
    }
    ArrayNode list = create.putArray("tags");
    tags.forEach((key, value) -> list.addObject().put("key", key).put("value", value));
    ServerRun run = run(http.post("runs/create", create).path("run"));
    keep(event.run(), run);
    return run;
  }

  /** Goes on with a run that the user has named. */
  private ServerRun goOn(TrackingEvent.RunStarted event)
      throws ServerUnavailableException, RejectedException {
    JsonNode found = http.get("runs/get", Map.of("run_id", event.serverRun())).path("run");
    ServerRun run = run(found);
    http.post(
        "runs/update",
        MlflowHttp.JSON.createObjectNode().put("run_id", run.id()).put("status", "RUNNING"));
    for (Map.Entry<String, String> tag : tags(event).entrySet()) {
      http.post(
          "runs/set-tag",
          MlflowHttp.JSON
              .createObjectNode()
              .put("run_id", run.id())
              .put("key", tag.getKey())
              .put("value", tag.getValue()));
    }
    keep(event.run(), run);
    return run;
  }

  private static Map<String, String> tags(TrackingEvent.RunStarted event) {
    Map<String, String> tags = new LinkedHashMap<>(event.tags());
    tags.entrySet().removeIf(tag -> !Limits.isTag(tag));
    tags.put(RUN_ID, event.run());
    return tags;
  }

  private Optional<ServerRun> search(ArrayNode in, String ours)
      throws ServerUnavailableException, RejectedException {
    ObjectNode search = MlflowHttp.JSON.createObjectNode();
    search.set("experiment_ids", in);
    search.put("filter", "tags.`" + RUN_ID + "` = '" + ours + "'");
    search.put("max_results", 1);
    JsonNode found = http.post("runs/search", search).path("runs").path(0);
    return found.isMissingNode() ? Optional.empty() : Optional.of(run(found));
  }

  private static ServerRun run(JsonNode run) {
    JsonNode info = run.path("info");
    return new ServerRun(
        info.path("run_id").asText(),
        info.path("experiment_id").asText(),
        info.path("artifact_uri").asText());
  }

  private String experiment(String name) throws ServerUnavailableException, RejectedException {
    if (experiments.containsKey(name)) {
      return experiments.get(name);
    }
    Optional<String> there = experimentByName(name);
    if (there.isEmpty()) {
      try {
        ObjectNode create = MlflowHttp.JSON.createObjectNode().put("name", name);
        there = Optional.of(http.post("experiments/create", create).path("experiment_id").asText());
      } catch (RejectedException e) {
        if (!e.is("RESOURCE_ALREADY_EXISTS")) {
          throw e;
        }
        there = experimentByName(name);
      }
    }
    experiments.put(name, there.orElseThrow());
    return there.orElseThrow();
  }

  private Optional<String> experimentByName(String name)
      throws ServerUnavailableException, RejectedException {
    try {
      JsonNode found =
          http.get("experiments/get-by-name", Map.of("experiment_name", name)).path("experiment");
      if (found.path("lifecycle_stage").asText().equals("deleted")) {
        throw new RejectedException(
            400,
            "",
            "the experiment "
                + name
                + " has been deleted: restore it (for what is in a journal there is no other way), or"
                + " set tracking.experiment to another for the next run");
      }
      return Optional.of(found.path("experiment_id").asText());
    } catch (RejectedException e) {
      if (e.is("RESOURCE_DOES_NOT_EXIST")) {
        return Optional.empty();
      }
      throw e;
    }
  }
}
