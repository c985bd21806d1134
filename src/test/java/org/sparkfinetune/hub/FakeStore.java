package org.sparkfinetune.hub;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import java.io.IOException;
import java.util.Arrays;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The store of large files beside a {@link FakeHub}: files by their hash, whole or in parts. */
final class FakeStore {
  private static final ObjectMapper JSON = new ObjectMapper();

  private final String address;
  private final Map<String, byte[]> blobs = new ConcurrentHashMap<>();
  private volatile int partBytes;

  FakeStore(String address) {
    this.address = address;
  }

  String address() {
    return address;
  }

  /** Has uploads of more bytes come in parts. */
  void splitUploads(int bytes) {
    partBytes = bytes;
  }

  /** Keeps a file, and gives its hash. */
  String put(byte[] content) {
    String hash = Answers.sha256(content);
    blobs.put(hash, content);
    return hash;
  }

  /** The file of a hash; null where there is none. */
  byte[] get(String hash) {
    return blobs.get(hash);
  }

  /** What a path is of: the file that it names, else what is sent to it. */
  byte[] content(String path, byte[] body) {
    return blobs.getOrDefault(hash(path), body);
  }

  private static String hash(String path) {
    return path.substring(path.lastIndexOf('/') + 1);
  }

  void answer(HttpExchange exchange, String path, byte[] body) throws IOException {
    if (!exchange.getRequestMethod().equals("PUT")) {
      Answers.sendFrom(exchange, content(path, body));
      return;
    }
    blobs.merge(
        hash(path).replaceFirst("-.*", ""),
        body,
        (before, more) -> {
          byte[] both = Arrays.copyOf(before, before.length + more.length);
          System.arraycopy(more, 0, both, before.length, more.length);
          return both;
        });
    exchange.getResponseHeaders().set("ETag", "\"part\"");
    Answers.send(exchange, 200, new byte[0]);
  }

  /** Where the hub sends those who upload files: to the store, but for those that it has. */
  ObjectNode batch(String endpoint, JsonNode body) {
    ObjectNode json = JSON.createObjectNode();
    for (JsonNode asked : body.path("objects")) {
      String hash = asked.path("oid").asText();
      long size = asked.path("size").asLong();
      ObjectNode object = json.withArray("objects").addObject().put("oid", hash);
      object.put("size", size);
      if (!blobs.containsKey(hash)) {
        ObjectNode actions = object.putObject("actions");
        actions.putObject("verify").put("href", endpoint + "/verify/" + hash);
        ObjectNode upload = actions.putObject("upload");
        if (partBytes > 0 && size > partBytes) {
          upload.put("href", endpoint + "/complete/" + hash);
          ObjectNode header = upload.putObject("header");
          header.put("chunk_size", String.valueOf(partBytes));
          for (int i = 1; i <= (size + partBytes - 1) / partBytes; i++) {
            header.put(String.format(Locale.ROOT, "%05d", i), address + "/parts/" + hash + "-" + i);
          }
        } else {
          upload.put("href", address + "/uploads/" + hash);
        }
      }
    }
    return json;
  }
}
