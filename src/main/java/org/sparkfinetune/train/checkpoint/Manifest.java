package org.sparkfinetune.train.checkpoint;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a checkpoint consists of; its file is written last, so that where it is, the others are.
 *
 * @param files by name, in the order in which they were written
 */
record Manifest(int step, Map<String, Entry> files) {
  static final String NAME = "manifest.json";
  static final int FORMAT_VERSION = 1;

  // What follows the closing brace was not written here.
  private static final ObjectMapper MAPPER =
      new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  /**
   * What a file is known by. CRC32C finds what disks, networks and torn writes do; it is no seal
   * against somebody who may write to the folder.
   *
   * @param size in bytes
   * @param crc32c as eight hexadecimal digits
   */
  record Entry(long size, String crc32c) {}

  Manifest {
    files = Collections.unmodifiableMap(new LinkedHashMap<>(files));
  }

  byte[] toJson() throws IOException {
    ObjectNode json = MAPPER.createObjectNode();
    json.put("format_version", FORMAT_VERSION);
    json.put("step", step);
    ObjectNode entries = json.putObject("files");
    files.forEach(
        (name, entry) ->
            entries.putObject(name).put("size", entry.size()).put("crc32c", entry.crc32c()));
    return MAPPER.writerWithDefaultPrettyPrinter().writeValueAsBytes(json);
  }

  /**
   * @param step that the folder's name says
   * @throws DamagedException when this is no manifest of that step
   * @throws UnknownVersionException when a later release has written it
   */
  static Manifest parse(String text, int step) throws IOException {
    JsonNode json;
    try {
      json = MAPPER.readTree(text);
    } catch (JsonProcessingException e) {
      throw new DamagedException(
          NAME + " is not JSON (" + e.getOriginalMessage() + "): its write was interrupted", e);
    }
    if (!json.isObject()) {
      throw new DamagedException(NAME + " is not a JSON object: its write was interrupted");
    }
    JsonNode version = json.path("format_version");
    if (version.isInt() && version.intValue() != FORMAT_VERSION) {
      throw new UnknownVersionException(
          NAME
              + " has the format version "
              + version
              + "; this release knows "
              + FORMAT_VERSION
              + ": another release wrote it");
    }
    if (!version.isInt() || !json.path("step").isInt() || !json.path("files").isObject()) {
      throw new DamagedException(NAME + " lacks format_version, step or files");
    }
    if (json.path("step").intValue() != step) {
      throw new DamagedException(NAME + " is of step " + json.path("step") + ", the folder is not");
    }
    Map<String, Entry> files = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> field : json.path("files").properties()) {
      JsonNode size = field.getValue().path("size");
      JsonNode crc32c = field.getValue().path("crc32c");
      if (!isPlain(field.getKey()) || !isSize(size) || !crc32c.isTextual()) {
        throw new DamagedException(
            NAME + " says '" + field.getKey() + "': " + field.getValue() + ", which is no file");
      }
      files.put(field.getKey(), new Entry(size.longValue(), crc32c.textValue()));
    }
    return new Manifest(step, files);
  }

  private static boolean isSize(JsonNode size) {
    return size.isIntegralNumber() && size.canConvertToLong() && size.longValue() >= 0;
  }

  /** Whether a name is that of a file in the checkpoint's own folder, and free. */
  static boolean isPlain(String name) {
    return !name.isEmpty()
        && !name.startsWith(".")
        && !name.equals(NAME)
        && !name.equals(CheckpointStore.MARK)
        && name.chars().noneMatch(c -> c == '/' || c == '\\' || c == ':' || c < ' ');
  }

  /** A checkpoint that is perhaps whole, to be read by another release. */
  static final class UnknownVersionException extends IOException {
    private static final long serialVersionUID = 1L;

    UnknownVersionException(String message) {
      super(message);
    }
  }
}
