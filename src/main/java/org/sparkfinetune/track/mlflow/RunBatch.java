package org.sparkfinetune.track.mlflow;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import org.sparkfinetune.track.Sink.ServerUnavailableException;
import org.sparkfinetune.track.TrackingEvent;

/**
 * Parameters, measurements and tags of one run on their way to the server, in requests that are no
 * larger than it takes. The server has each exactly once, however often it is sent: of measurements
 * it drops exact duplicates, equal parameters are allowed, tags are replaced.
 */
final class RunBatch {
  private final MlflowHttp http;
  private final ServerRun run;
  private final ArtifactStore artifacts;
  private final int paramValue;
  private final int metricLimit;
  private final Map<String, String> longValues = new LinkedHashMap<>();
  private ObjectNode request;
  private int bytes;

  /**
   * @param paramValue characters of a parameter's value that the server takes
   * @param metricLimit measurements of a request
   */
  RunBatch(
      MlflowHttp http, ServerRun run, ArtifactStore artifacts, int paramValue, int metricLimit) {
    this.http = http;
    this.run = run;
    this.artifacts = artifacts;
    this.paramValue = paramValue;
    this.metricLimit = metricLimit;
    clear();
  }

  private void clear() {
    request = MlflowHttp.JSON.createObjectNode().put("run_id", run.id());
    request.putArray("metrics");
    request.putArray("params");
    request.putArray("tags");
    bytes = 0;
  }

  /** Whether an event goes into a batch. */
  static boolean takes(TrackingEvent event) {
    return event instanceof TrackingEvent.Params
        || event instanceof TrackingEvent.Metrics
        || event instanceof TrackingEvent.Tags;
  }

  /** Adds an event; what is full is sent. */
  void add(TrackingEvent event) throws ServerUnavailableException, RejectedException {
    if (event instanceof TrackingEvent.Metrics metrics) {
      for (Map.Entry<String, Double> metric : metrics.values().entrySet()) {
        String key = named(metric.getKey());
        ObjectNode entry = MlflowHttp.JSON.createObjectNode().put("key", key);
        entry.put("value", metric.getValue());
        entry.put("timestamp", metrics.time()).put("step", metrics.step());
        append("metrics", metricLimit, entry);
      }
    } else if (event instanceof TrackingEvent.Params params) {
      for (Map.Entry<String, String> param : params.values().entrySet()) {
        String key = named(param.getKey());
        append("params", Limits.PARAMS, entry("params", key, param.getValue(), paramValue));
      }
    } else if (event instanceof TrackingEvent.Tags tags) {
      for (Map.Entry<String, String> tag : tags.values().entrySet()) {
        tag(named(tag.getKey()), tag.getValue());
      }
    }
  }

  private void tag(String key, String value) throws ServerUnavailableException, RejectedException {
    append("tags", Limits.TAGS, entry("tags", key, value, Limits.TAG_VALUE));
  }

  /** A name as the server takes it; what it was is in a tag. */
  private String named(String name) throws ServerUnavailableException, RejectedException {
    String key = Limits.key(name);
    if (!key.equals(name)) {
      String original = "spark-finetune.name/" + key;
      tag(original.substring(0, Math.min(original.length(), Limits.KEY)), name);
    }
    return key;
  }

  private ObjectNode entry(String kind, String key, String value, int limit) {
    String whole = Limits.longValue(kind, key);
    if (value.length() > limit) {
      longValues.put(whole, value);
    }
    return MlflowHttp.JSON
        .createObjectNode()
        .put("key", key)
        .put("value", Limits.shortened(value, limit, whole));
  }

  private void append(String list, int limit, ObjectNode entry)
      throws ServerUnavailableException, RejectedException {
    int size = entry.toString().getBytes(StandardCharsets.UTF_8).length + 1;
    int entities =
        request.path("metrics").size()
            + request.path("params").size()
            + request.path("tags").size();
    if (request.path(list).size() == limit
        || entities == Limits.ENTITIES
        || bytes + size > Limits.BYTES) {
      send();
    }
    ((ArrayNode) request.path(list)).add(entry);
    bytes += size;
  }

  /** Sends what there is. */
  void send() throws ServerUnavailableException, RejectedException {
    for (Map.Entry<String, String> whole : longValues.entrySet()) {
      byte[] text = whole.getValue().getBytes(StandardCharsets.UTF_8);
      artifacts.write(whole.getKey(), text.length, () -> new ByteArrayInputStream(text));
    }
    longValues.clear();
    if (bytes > 0) {
      http.post("runs/log-batch", request);
      clear();
    }
  }
}
