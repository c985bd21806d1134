package io.sparkfinetune.track.mlflow;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkfinetune.track.Sink.AwayException;
import io.sparkfinetune.track.TrackingEvent;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.hadoop.conf.Configuration;

/**
 * Makes a run's artifacts a model: on MLflow 3 a logged model, on MLflow 2 by the tag of the run
 * that its clients write; and a version of a registered model where one is named. Each step looks
 * first for what an earlier try has made.
 */
final class ModelPublisher {
  private static final String HISTORY = "mlflow.log-model.history";
  private static final int FIRST_WITH_LOGGED_MODELS = 3;
  private static final int READY_SECONDS = 60;
  private static final Pattern FLAVOR = Pattern.compile("^  (\\w+):\\s*$");

  private final MlflowHttp http;
  private final Configuration hadoop;
  private final Map<String, JsonNode> logged = new HashMap<>();
  private int major;

  ModelPublisher(MlflowHttp http, Configuration hadoop) {
    this.http = http;
    this.hadoop = hadoop;
  }

  /** Where a model's files belong, if that is not among the run's artifacts. */
  Optional<ArtifactStore> files(TrackingEvent.Artifact event, ServerRun run)
      throws AwayException, RejectedException {
    if (event.model().isEmpty() || !hasLoggedModels()) {
      return Optional.empty();
    }
    JsonNode info = loggedModel(event.model(), run);
    return Optional.of(ArtifactStore.at(info.path("artifact_uri").asText(), http, hadoop));
  }

  void publish(TrackingEvent.Model event, ServerRun run) throws AwayException, RejectedException {
    String source = run.artifacts() + "/" + event.path();
    Optional<String> logged = Optional.empty();
    if (hasLoggedModels()) {
      logged = Optional.of(log(event, run));
      source = "models:/" + logged.get();
    } else {
      history(event, run, ArtifactStore.at(run.artifacts(), http, hadoop));
    }
    if (!event.registeredName().isEmpty()) {
      register(event, run, source, logged);
    }
  }

  /** Asked once; a server that does not tell its version is old. */
  private boolean hasLoggedModels() throws AwayException {
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
      throws AwayException, RejectedException {
    JsonNode info = loggedModel(event.path(), run);
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
  private boolean isOutput(String model, ServerRun run) throws AwayException, RejectedException {
    JsonNode outputs = http.get("runs/get", Map.of("run_id", run.id())).path("run").path("outputs");
    for (JsonNode output : outputs.path("model_outputs")) {
      if (output.path("model_id").asText().equals(model)) {
        return true;
      }
    }
    return false;
  }

  /** The run's logged model of a name, made if it is not there. */
  private JsonNode loggedModel(String name, ServerRun run) throws AwayException, RejectedException {
    String key = run.id() + "/" + name;
    if (!logged.containsKey(key)) {
      JsonNode info = find(name, run);
      if (info.isMissingNode()) {
        ObjectNode create = MlflowHttp.JSON.createObjectNode();
        create.put("experiment_id", run.experiment()).put("name", name);
        create.put("source_run_id", run.id());
        info = http.post("logged-models", create).path("model").path("info");
      }
      logged.put(key, info);
    }
    return logged.get(key);
  }

  /** The run's logged model of a name; missing where there is none, or the server has no such. */
  JsonNode find(String name, ServerRun run) throws AwayException, RejectedException {
    if (!hasLoggedModels()) {
      return MlflowHttp.JSON.missingNode();
    }
    ObjectNode search = MlflowHttp.JSON.createObjectNode();
    search.putArray("experiment_ids").add(run.experiment());
    search.put("filter", "source_run_id = '" + run.id() + "'");
    for (JsonNode model : http.post("logged-models/search", search).path("models")) {
      if (model.path("info").path("name").asText().equals(name)) {
        return model.path("info");
      }
    }
    return MlflowHttp.JSON.missingNode();
  }

  private void history(TrackingEvent.Model event, ServerRun run, ArtifactStore artifacts)
      throws AwayException, RejectedException {
    ObjectNode model = MlflowHttp.JSON.createObjectNode().put("run_id", run.id());
    model.put("artifact_path", event.path());
    ObjectNode flavors = model.putObject("flavors");
    try (InputStream in = artifacts.open(event.path() + "/MLmodel")) {
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
      throw new AwayException("the model's MLmodel cannot be read back", Duration.ZERO, e);
    }
    ArrayNode history = MlflowHttp.JSON.createArrayNode().add(model);
    ObjectNode tag = MlflowHttp.JSON.createObjectNode().put("run_id", run.id());
    http.post("runs/set-tag", tag.put("key", HISTORY).put("value", history.toString()));
  }

  private void register(
      TrackingEvent.Model event, ServerRun run, String source, Optional<String> logged)
      throws AwayException, RejectedException {
    String name = event.registeredName();
    try {
      http.post("registered-models/create", MlflowHttp.JSON.createObjectNode().put("name", name));
    } catch (RejectedException e) {
      if (!e.is("RESOURCE_ALREADY_EXISTS")) {
        throw e;
      }
    }
    JsonNode version = version(name, run);
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
    awaitReady(name, number);
    if (!event.alias().isEmpty()) {
      ObjectNode alias = MlflowHttp.JSON.createObjectNode().put("name", name);
      http.post(
          "registered-models/alias", alias.put("alias", event.alias()).put("version", number));
    }
  }

  /** The version that an earlier try has made of the run's model. */
  private JsonNode version(String name, ServerRun run) throws AwayException, RejectedException {
    String filter = "name='" + name.replace("'", "\\'") + "'";
    JsonNode found =
        http.get("model-versions/search", Map.of("filter", filter, "max_results", "1000"));
    for (JsonNode version : found.path("model_versions")) {
      if (version.path("run_id").asText().equals(run.id())) {
        return version;
      }
    }
    return MlflowHttp.JSON.missingNode();
  }

  private void awaitReady(String name, String version) throws AwayException, RejectedException {
    for (int second = 0; second < READY_SECONDS; second++) {
      String status =
          http.get("model-versions/get", Map.of("name", name, "version", version))
              .path("model_version")
              .path("status")
              .asText("READY");
      if (!status.equals("PENDING_REGISTRATION")) {
        return;
      }
      try {
        Thread.sleep(1000);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
  }
}
