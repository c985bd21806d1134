package org.sparkfinetune.track.mlflow;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Map;
import org.sparkfinetune.track.DatasetInfo;
import org.sparkfinetune.track.Sink.ServerUnavailableException;
import org.sparkfinetune.track.TrackingEvent;

/**
 * The data sets that runs read, on a server. It takes one of a name and a digest once a run, and
 * drops in silence what comes for another purpose: rows that a run both trains and validates with
 * have their purpose in the second one's name.
 */
final class RunInputs {
  private static final String CONTEXT = "mlflow.data.context";

  private final MlflowHttp http;

  RunInputs(MlflowHttp http) {
    this.http = http;
  }

  void log(TrackingEvent.Input event, ServerRun run)
      throws ServerUnavailableException, RejectedException {
    DatasetInfo info = event.dataset();
    ObjectNode request = MlflowHttp.JSON.createObjectNode().put("run_id", run.id());
    ObjectNode input = request.putArray("datasets").addObject();
    input.putArray("tags").addObject().put("key", CONTEXT).put("value", event.context());
    ObjectNode dataset = input.putObject("dataset");
    dataset.put("name", name(event, run)).put("digest", info.digest());
    dataset.put("source_type", info.sourceType());
    ObjectNode source = MlflowHttp.JSON.createObjectNode().put("path", info.source());
    dataset.put("source", source.toString());
    ArrayNode columns = MlflowHttp.JSON.createArrayNode();
    info.schema()
        .forEach(
            (name, type) ->
                columns.addObject().put("type", type).put("name", name).put("required", true));
    ObjectNode schema = MlflowHttp.JSON.createObjectNode();
    schema.set("mlflow_colspec", columns);
    dataset.put("schema", schema.toString());
    dataset.put("profile", MlflowHttp.JSON.valueToTree(info.profile()).toString());
    http.post("runs/log-inputs", request);
  }

  /** The data set's own name, unless the run has the same one for another purpose. */
  private String name(TrackingEvent.Input event, ServerRun run)
      throws ServerUnavailableException, RejectedException {
    DatasetInfo info = event.dataset();
    JsonNode there = http.get("runs/get", Map.of("run_id", run.id())).path("run").path("inputs");
    for (JsonNode input : there.path("dataset_inputs")) {
      JsonNode dataset = input.path("dataset");
      boolean same =
          dataset.path("name").asText().equals(info.name())
              && dataset.path("digest").asText().equals(info.digest());
      if (same && !context(input).equals(event.context())) {
        return info.name() + " (" + event.context() + ")";
      }
    }
    return info.name();
  }

  private static String context(JsonNode input) {
    for (JsonNode tag : input.path("tags")) {
      if (tag.path("key").asText().equals(CONTEXT)) {
        return tag.path("value").asText();
      }
    }
    return "";
  }
}
