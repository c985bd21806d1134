package org.sparkfinetune.track.mlflow;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.hadoop.conf.Configuration;
import org.sparkfinetune.track.Sink.ServerUnavailableException;
import org.sparkfinetune.track.TrackingEvent;

/**
 * Makes a run's artifacts a model: on MLflow 3 a logged model, on MLflow 2 by the tag of the run
 * that its clients write; and a version of a registered model where one is named. Each step looks
 * first for what an earlier try has made, which carries our run's id: two jobs may log to one run
 * of the server's, each its own model.
 */
final class ModelPublisher {
  private static final String HISTORY = "mlflow.log-model.history";
  private static final int FIRST_WITH_LOGGED_MODELS = 3;

  /** The tag, on MLflow 2, that holds whose the files of a model are: its name is behind it. */
  private static final String OWNER = "spark-finetune.model/";

  private static final int SHORT_ID = 8;
  private static final Pattern FLAVOR = Pattern.compile("^  (\\w+):\\s*$");

  private final MlflowHttp http;
  private final Configuration hadoop;
  private final Map<String, JsonNode> logged = new HashMap<>();
  private final Map<String, String> folders = new HashMap<>();
  private int major;

  ModelPublisher(MlflowHttp http, Configuration hadoop) {
    this.http = http;
    this.hadoop = hadoop;
  }

  /**
   * Where a model's files belong.
   *
   * @param folder in the store; empty for its root
   */
  record Place(ArtifactStore store, String folder) {
    /** The path of a file in the store. */
    String below(String path) {
      return folder.isEmpty() ? path : folder + "/" + path;
    }
  }

  /**
   * Where a model's files belong.
   *
   * @param ours the id of our run
   */
  Place place(String model, ServerRun run, String ours)
      throws ServerUnavailableException, RejectedException {
    if (hasLoggedModels()) {
      JsonNode info = loggedModel(model, run, ours);
      return new Place(ArtifactStore.at(info.path("artifact_uri").asText(), http, hadoop), "");
    }
    return new Place(ArtifactStore.at(run.artifacts(), http, hadoop), folder(model, run, ours));
  }

  void publish(TrackingEvent.Model event, ServerRun run)
      throws ServerUnavailableException, RejectedException {
    String source;
    Optional<String> logged = Optional.empty();
    if (hasLoggedModels()) {
      logged = Optional.of(log(event, run));
      source = "models:/" + logged.get();
    } else {
      Place place = place(event.path(), run, event.run());
      history(place, run);
      source = run.artifacts() + "/" + place.folder();
    }
    if (!event.registeredName().isEmpty()) {
      register(event, run, source, logged);
    }
  }

  /** A folder that no other job has a model in: the model's own name for the first. */
  private String folder(String model, ServerRun run, String ours)
      throws ServerUnavailableException, RejectedException {
    String key = run.id() + "/" + model + "/" + ours;
    if (!folders.containsKey(key)) {
      String tag = Limits.key(OWNER + model);
      Map<String, String> tags = tags(run);
      boolean isFree =
          !tags.containsKey(tag)
              && !history(tags).findValuesAsText("artifact_path").contains(model);
      if (isFree) {
        setTag(run, tag, ours);
      }
      boolean isOurs = isFree || ours.equals(tags.get(tag));
      String ownName = model + "-" + ours.substring(0, Math.min(ours.length(), SHORT_ID));
      folders.put(key, isOurs ? model : ownName);
    }
    return folders.get(key);
  }

  private Map<String, String> tags(ServerRun run)
      throws ServerUnavailableException, RejectedException {
    JsonNode data = http.get("runs/get", Map.of("run_id", run.id())).path("run").path("data");
    Map<String, String> tags = new HashMap<>();
    data.path("tags").forEach(t -> tags.put(t.path("key").asText(), t.path("value").asText()));
    return tags;
  }

  private void setTag(ServerRun run, String key, String value)
      throws ServerUnavailableException, RejectedException {
    ObjectNode tag = MlflowHttp.JSON.createObjectNode().put("run_id", run.id());
    http.post("runs/set-tag", tag.put("key", key).put("value", value));
  }

  /** Asked once; a server that does not tell its version is old. */
  private boolean hasLoggedModels() throws ServerUnavailableException {
    if (major == 0) {
      try {
        Matcher version = Pattern.compile("^\\s*(\\d+)\\.").matcher(http.text("/version"));
        major = version.find() ? Integer.parseInt(version.group(1)) : 2;
      } catch (RejectedException e) {
        major = 2;
      } catch (NotMlflowException e) {
        // Also of Databricks, which leads whom it does not know to its own page.
        if (e.status() != 404 && e.status() >= 400) {
          throw e;
        }
        major = 2;
      }
    }
    return major >= FIRST_WITH_LOGGED_MODELS;
  }

  private String log(TrackingEvent.Model event, ServerRun run)
      throws ServerUnavailableException, RejectedException {
    JsonNode info = loggedModel(event.path(), run, event.run());
    String id = info.path("model_id").asText();
    if (!info.path("status").asText().endsWith("READY")) {
      ObjectNode done = MlflowHttp.JSON.createObjectNode().put("model_id", id);
      http.send("PATCH", "logged-models/" + id, done.put("status", "LOGGED_MODEL_READY"));
    }
    if (!isOutput(id, run)) {
      ObjectNode outputs = MlflowHttp.JSON.createObjectNode().put("run_id", run.id());
      outputs.putArray("models").addObject().put("model_id", id).put("step", 0);
      http.post("runs/outputs", outputs);
    }
    return id;
  }

  /** The server refuses what it has already. */
  private boolean isOutput(String model, ServerRun run)
      throws ServerUnavailableException, RejectedException {
    JsonNode outputs = http.get("runs/get", Map.of("run_id", run.id())).path("run").path("outputs");
    for (JsonNode output : outputs.path("model_outputs")) {
      if (output.path("model_id").asText().equals(model)) {
        return true;
      }
    }
    return false;
  }

  /** Our run's logged model of a name, made if it is not there. */
  private JsonNode loggedModel(String name, ServerRun run, String ours)
      throws ServerUnavailableException, RejectedException {
    String key = run.id() + "/" + name + "/" + ours;
    if (!logged.containsKey(key)) {
      JsonNode info =
          loggedModels(name, run).stream()
              .filter(model -> isOf(model, ours))
              .findFirst()
              .orElse(MlflowHttp.JSON.missingNode());
      if (info.isMissingNode()) {
        ObjectNode create = MlflowHttp.JSON.createObjectNode();
        create.put("experiment_id", run.experiment()).put("name", name);
        create.put("source_run_id", run.id());
        create.putArray("tags").addObject().put("key", ServerRuns.RUN_ID).put("value", ours);
        info = http.post("logged-models", create).path("model").path("info");
      }
      logged.put(key, info);
    }
    return logged.get(key);
  }

  private static boolean isOf(JsonNode tagged, String ours) {
    for (JsonNode tag : tagged.path("tags")) {
      if (tag.path("key").asText().equals(ServerRuns.RUN_ID)) {
        return tag.path("value").asText().equals(ours);
      }
    }
    return false;
  }

  /** The run's newest logged model of a name; missing where the server has none or no such. */
  JsonNode find(String name, ServerRun run) throws ServerUnavailableException, RejectedException {
    return hasLoggedModels()
        ? loggedModels(name, run).stream().findFirst().orElse(MlflowHttp.JSON.missingNode())
        : MlflowHttp.JSON.missingNode();
  }

  /** The newest first. */
  private List<JsonNode> loggedModels(String name, ServerRun run)
      throws ServerUnavailableException, RejectedException {
    ObjectNode search = MlflowHttp.JSON.createObjectNode();
    search.putArray("experiment_ids").add(run.experiment());
    search.put("filter", "source_run_id = '" + run.id() + "'");
    ObjectNode order = search.putArray("order_by").addObject();
    order.put("field_name", "creation_timestamp").put("ascending", false);
    List<JsonNode> models = new ArrayList<>();
    for (JsonNode model : http.post("logged-models/search", search).path("models")) {
      if (model.path("info").path("name").asText().equals(name)) {
        models.add(model.path("info"));
      }
    }
    return models;
  }

  private static JsonNode history(Map<String, String> tags) throws ServerUnavailableException {
    try {
      return MlflowHttp.JSON.readTree(tags.getOrDefault(HISTORY, "[]"));
    } catch (JsonProcessingException e) {
      throw new ServerUnavailableException(
          "the run's tag " + HISTORY + " cannot be read", Duration.ZERO, e);
    }
  }

  /** Adds the model to those that the run has. */
  private void history(Place place, ServerRun run)
      throws ServerUnavailableException, RejectedException {
    ObjectNode model = MlflowHttp.JSON.createObjectNode().put("run_id", run.id());
    model.put("artifact_path", place.folder());
    ObjectNode flavors = model.putObject("flavors");
    try (InputStream in = place.store().open(place.below("MLmodel"))) {
      boolean inFlavors = false;
      for (String line : new String(in.readAllBytes(), StandardCharsets.UTF_8).split("\n")) {
        Matcher flavor = FLAVOR.matcher(line);
        if (!line.startsWith(" ")) {
          inFlavors = line.startsWith("flavors:");
          String[] field = line.split(":\\s*", 2);
          if (field.length == 2 && field[0].matches("model_uuid|utc_time_created")) {
            model.put(field[0], field[1].replaceAll("^['\"]|['\"]$", ""));
          }
        } else if (inFlavors && flavor.matches()) {
          flavors.putObject(flavor.group(1));
        }
      }
    } catch (IOException e) {
      throw new ServerUnavailableException(
          "the model's MLmodel cannot be read back", Duration.ZERO, e);
    }
    ArrayNode history = MlflowHttp.JSON.createArrayNode();
    for (JsonNode other : history(tags(run))) {
      if (!other.path("artifact_path").asText().equals(place.folder())) {
        history.add(other);
      }
    }
    setTag(run, HISTORY, history.add(model).toString());
  }

  private void register(
      TrackingEvent.Model event, ServerRun run, String source, Optional<String> logged)
      throws ServerUnavailableException, RejectedException {
    String name = event.registeredName();
    try {
      http.post("registered-models/create", MlflowHttp.JSON.createObjectNode().put("name", name));
    } catch (RejectedException e) {
      if (!e.is("RESOURCE_ALREADY_EXISTS")) {
        throw e;
      }
    }
    JsonNode version = version(name, run, event.run());
    if (version.isMissingNode()) {
      ObjectNode create = MlflowHttp.JSON.createObjectNode().put("name", name);
      create.put("source", source).put("run_id", run.id());
      logged.ifPresent(id -> create.put("model_id", id));
      ArrayNode tags = create.putArray("tags");
      tags.addObject().put("key", ServerRuns.RUN_ID).put("value", event.run());
      event.tags().forEach((key, value) -> tags.addObject().put("key", key).put("value", value));
      version = http.post("model-versions/create", create).path("model_version");
    }
    String number = version.path("version").asText();
    requireReady(name, number);
    if (!event.alias().isEmpty()) {
      ObjectNode alias = MlflowHttp.JSON.createObjectNode().put("name", name);
      http.post(
          "registered-models/alias", alias.put("alias", event.alias()).put("version", number));
    }
  }

  /** The version that an earlier try has made of our run's model. */
  private JsonNode version(String name, ServerRun run, String ours)
      throws ServerUnavailableException, RejectedException {
    String filter = "name='" + name.replace("'", "\\'") + "'";
    JsonNode found =
        http.get("model-versions/search", Map.of("filter", filter, "max_results", "1000"));
    for (JsonNode version : found.path("model_versions")) {
      if (version.path("run_id").asText().equals(run.id()) && isOf(version, ours)) {
        return version;
      }
    }
    return MlflowHttp.JSON.missingNode();
  }

  /** An alias is to point at no version that cannot be loaded. */
  private void requireReady(String name, String number)
      throws ServerUnavailableException, RejectedException {
    JsonNode version =
        http.get("model-versions/get", Map.of("name", name, "version", number))
            .path("model_version");
    String status = version.path("status").asText("READY");
    String what = "version " + number + " of the registered model " + name;
    if (status.equals("PENDING_REGISTRATION")) {
      throw new ServerUnavailableException(what + " is not ready yet", Duration.ZERO, null);
    }
    if (!status.equals("READY")) {
      String why = version.path("status_message").asText();
      throw new RejectedException(0, status, what + " is of no use: " + status + " " + why);
    }
  }
}
