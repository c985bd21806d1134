package org.sparkfinetune.track.mlflow;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.LinkedHashMap;
import java.util.Map;
import org.sparkfinetune.track.Sink.ServerUnavailableException;

/** The experiments of a server. */
final class Experiments {
  private static final int PAGE = 1000;

  private Experiments() {}

  /** The name of each by its id, those that were deleted apart. */
  static Map<String, String> names(MlflowHttp http)
      throws ServerUnavailableException, RejectedException {
    Map<String, String> names = new LinkedHashMap<>();
    String token = "";
    do {
      ObjectNode search = MlflowHttp.JSON.createObjectNode().put("max_results", PAGE);
      if (!token.isEmpty()) {
        search.put("page_token", token);
      }
      JsonNode page = http.post("experiments/search", search);
      for (JsonNode experiment : page.path("experiments")) {
        names.put(experiment.path("experiment_id").asText(), experiment.path("name").asText());
      }
      token = page.path("next_page_token").asText("");
    } while (!token.isEmpty());
    return names;
  }
}
