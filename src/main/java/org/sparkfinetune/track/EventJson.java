package org.sparkfinetune.track;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.lang.reflect.RecordComponent;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Events as lines of JSON: {@code {"seq": 7, "event": "metrics", ...}} with the fields of the
 * event. Numbers that JSON has not are the strings {@code NaN}, {@code Infinity}, {@code
 * -Infinity}.
 */
final class EventJson {
  private static final ObjectMapper MAPPER =
      new ObjectMapper()
          .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          // Two lines whose break is lost are a damaged one, not the first of them.
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
  private static final Map<String, Class<? extends TrackingEvent>> TYPES = new LinkedHashMap<>();

  static {
    TYPES.put("run_started", TrackingEvent.RunStarted.class);
    TYPES.put("params", TrackingEvent.Params.class);
    TYPES.put("metrics", TrackingEvent.Metrics.class);
    TYPES.put("tags", TrackingEvent.Tags.class);
    TYPES.put("input", TrackingEvent.Input.class);
    TYPES.put("artifact", TrackingEvent.Artifact.class);
    TYPES.put("model", TrackingEvent.Model.class);
    TYPES.put("run_ended", TrackingEvent.RunEnded.class);
  }

  private EventJson() {}

  /** An event and its number in its journal. */
  record Numbered(long seq, TrackingEvent event) {}

  /** One line, with its line break. */
  static byte[] line(long seq, TrackingEvent event) {
    ObjectNode line = MAPPER.createObjectNode();
    line.put("seq", seq);
    TYPES.forEach(
        (name, type) -> {
          if (type.isInstance(event)) {
            line.put("event", name);
          }
        });
    line.setAll((ObjectNode) MAPPER.valueToTree(event));
    try {
      return (MAPPER.writeValueAsString(line) + "\n").getBytes(StandardCharsets.UTF_8);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("cannot write an event", e);
    }
  }

  /**
   * Reads a line.
   *
   * @throws IOException when it is none of ours
   */
  static Numbered read(byte[] line, int from, int to) throws IOException {
    JsonNode json = MAPPER.readTree(line, from, to - from);
    JsonNode name = json == null ? null : json.get("event");
    Class<? extends TrackingEvent> type = name == null ? null : TYPES.get(name.asText());
    if (type == null || !json.hasNonNull("seq") || !json.hasNonNull("run")) {
      throw new IOException("no event of a run");
    }
    TrackingEvent event = MAPPER.treeToValue(json, type);
    requireWhole(json, event, type);
    return new Numbered(json.get("seq").asLong(), event);
  }

  /** What a damaged line lacks must not surprise those who use its event. */
  private static void requireWhole(
      JsonNode json, TrackingEvent event, Class<? extends TrackingEvent> type) throws IOException {
    for (RecordComponent component : type.getRecordComponents()) {
      try {
        Object value = component.getAccessor().invoke(event);
        boolean missing =
            component.getType().isPrimitive() && !json.hasNonNull(component.getName());
        if (missing || value == null || value instanceof Map<?, ?> map && map.containsValue(null)) {
          throw new IOException("an event lacks its " + component.getName());
        }
      } catch (ReflectiveOperationException e) {
        throw new IllegalStateException(e);
      }
    }
  }
}
