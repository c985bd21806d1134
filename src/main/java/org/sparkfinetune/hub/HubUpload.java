package org.sparkfinetune.hub;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sparkfinetune.UserException;

/**
 * Puts files into a model's repository, as one commit: large ones go to the store that the Hub
 * names, by their SHA-256, and are not sent where it has them already; small ones lie in the commit
 * itself.
 */
public final class HubUpload {
  private static final Logger LOG = LoggerFactory.getLogger(HubUpload.class);

  private static final String JSON_TYPE = "application/json";
  private static final String LFS_TYPE = "application/vnd.git-lfs+json";
  private static final String REVISION = "main";

  /** The Hub looks at so many bytes to tell a text. */
  private static final int SAMPLE = 512;

  private final HubId id;
  private final HubHttp http;
  private final HubSettings settings;

  /**
   * To a repository.
   *
   * @param id whose revision is not looked at: the commit is on the branch {@code main}
   * @param subject what the user has named, which begins every complaint
   * @throws UserException when there is no token, or the Hub is not to be asked
   */
  public HubUpload(HubId id, String subject, HubSettings settings) {
    this.id = id;
    this.settings = settings;
    http = new HubHttp(settings, id, subject);
    if (settings.offline()) {
      throw http.errors().because("HF_HUB_OFFLINE=1 says not to ask the Hub: unset that");
    }
    if (settings.token().isEmpty()) {
      throw http.errors()
          .because(
              "a token that may write is needed: set HF_TOKEN to one of %s/settings/tokens, or run hf auth login"
                  .formatted(settings.endpoint()));
    }
  }

  /**
   * Makes the repository, where there is none.
   *
   * @param isPrivate whether others may not see it; of one that is there nothing changes
   */
  public void create(boolean isPrivate) {
    int slash = id.name().indexOf('/');
    ObjectNode body =
        HubJson.MAPPER
            .createObjectNode()
            .put("name", id.name().substring(slash + 1))
            .put("organization", slash < 0 ? null : id.name().substring(0, slash))
            .put("private", isPrivate);
    try {
      http.create(http.at("/api/repos/create"), body.toString());
    } catch (HubUnavailableException e) {
      throw e;
    } catch (UserException e) {
      // Whoever may write to a repository that is there need not be allowed to make one.
      if (!isThere()) {
        throw e;
      }
    }
  }

  private boolean isThere() {
    try {
      return http.get("/api/models/" + id.name()).has("id");
    } catch (UserException e) {
      return false;
    }
  }

  /**
   * Uploads files.
   *
   * @param files by their paths in the repository; files of other paths stay as they are
   * @param message the commit's first line
   * @return the commit's address
   * @throws UserException when the token may not write there, or the Hub cannot be reached
   * @throws UncheckedIOException when a file cannot be read
   */
  public String commit(Map<String, UploadSource> files, String message, TransferListener listener) {
    try {
      Map<String, HubBlob> blobs = new TreeMap<>();
      for (Map.Entry<String, UploadSource> file : files.entrySet()) {
        blobs.put(file.getKey(), HubBlob.of(file.getValue(), SAMPLE));
      }
      List<String> large = large(blobs);
      new LfsTransfer(http, id, settings).send(of(blobs, large), listener);
      JsonNode answer =
          http.post(
              http.at("/api/models/%s/commit/%s".formatted(id.name(), REVISION)),
              "application/x-ndjson",
              BodyPublishers.ofByteArray(payload(blobs, large, message)));
      String address = answer.path("commitUrl").asText();
      LOG.info("committed {} files to {}: {}", blobs.size(), id, address);
      return address.isEmpty() ? settings.endpoint() + "/" + id.name() : address;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Map<String, HubBlob> of(Map<String, HubBlob> blobs, List<String> names) {
    Map<String, HubBlob> some = new LinkedHashMap<>();
    names.forEach(name -> some.put(name, blobs.get(name)));
    return some;
  }

  /** The files that the Hub wants in its store. */
  private List<String> large(Map<String, HubBlob> blobs) {
    ObjectNode body = HubJson.MAPPER.createObjectNode();
    blobs.forEach(
        (name, blob) ->
            body.withArray("files")
                .addObject()
                .put("path", name)
                .put("sample", Base64.getEncoder().encodeToString(blob.sample()))
                .put("size", blob.size()));
    JsonNode answer =
        http.post(
            http.at("/api/models/%s/preupload/%s".formatted(id.name(), REVISION)),
            JSON_TYPE,
            BodyPublishers.ofString(body.toString()));
    List<String> large = new ArrayList<>();
    for (JsonNode file : answer.path("files")) {
      HubBlob blob = blobs.get(file.path("path").asText());
      // A store takes no file without bytes.
      if (blob != null && blob.size() > 0 && file.path("uploadMode").asText().equals("lfs")) {
        large.add(file.path("path").asText());
      }
    }
    return large;
  }

  private static byte[] payload(Map<String, HubBlob> blobs, List<String> large, String message)
      throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ObjectNode header = HubJson.MAPPER.createObjectNode().put("key", "header");
    header.putObject("value").put("summary", message).put("description", "");
    line(out, header);
    for (Map.Entry<String, HubBlob> file : blobs.entrySet()) {
      boolean lfs = large.contains(file.getKey());
      ObjectNode entry = HubJson.MAPPER.createObjectNode().put("key", lfs ? "lfsFile" : "file");
      ObjectNode value = entry.putObject("value").put("path", file.getKey());
      if (lfs) {
        value.put("algo", "sha256").put("oid", file.getValue().sha256());
        value.put("size", file.getValue().size());
      } else {
        try (InputStream in = file.getValue().source().open()) {
          value.put("content", Base64.getEncoder().encodeToString(in.readAllBytes()));
        }
        value.put("encoding", "base64");
      }
      line(out, entry);
    }
    return out.toByteArray();
  }

  private static void line(ByteArrayOutputStream out, ObjectNode json) throws IOException {
    out.write(json.toString().getBytes(StandardCharsets.UTF_8));
    out.write('\n');
  }

  /** The requests to the store of large files (Git LFS). */
  private static final class LfsTransfer {
    private final HubHttp http;
    private final HubId id;
    private final HubSettings settings;
    private long done;
    private long total;

    LfsTransfer(HubHttp http, HubId id, HubSettings settings) {
      this.http = http;
      this.id = id;
      this.settings = settings;
    }

    void send(Map<String, HubBlob> files, TransferListener listener) throws IOException {
      if (files.isEmpty()) {
        return;
      }
      ObjectNode body = HubJson.MAPPER.createObjectNode().put("operation", "upload");
      body.putArray("transfers").add("basic").add("multipart");
      body.put("hash_algo", "sha256").putObject("ref").put("name", REVISION);
      Map<String, HubBlob> bySha = new LinkedHashMap<>();
      for (HubBlob blob : files.values()) {
        if (bySha.put(blob.sha256(), blob) == null) {
          body.withArray("objects").addObject().put("oid", blob.sha256()).put("size", blob.size());
        }
      }
      JsonNode answer =
          http.post(
              http.at("/%s.git/info/lfs/objects/batch".formatted(id.name())),
              LFS_TYPE,
              BodyPublishers.ofString(body.toString()));
      total = bySha.values().stream().mapToLong(HubBlob::size).sum();
      for (JsonNode object : answer.path("objects")) {
        HubBlob blob = bySha.get(object.path("oid").asText());
        if (object.has("error")) {
          throw http.errors()
              .because(
                  "the Hub's store refuses a file: "
                      + object.path("error").path("message").asText());
        }
        if (blob != null && object.path("actions").has("upload")) {
          upload(blob, object.path("actions").path("upload"), listener);
          verify(blob, object.path("actions").path("verify"));
        }
        done += blob == null ? 0 : blob.size();
        listener.transferred(id.name(), done, total);
      }
    }

    private void upload(HubBlob blob, JsonNode action, TransferListener listener)
        throws IOException {
      JsonNode header = action.path("header");
      URI address = address(action);
      long chunk = header.path("chunk_size").asLong(0);
      if (chunk <= 0) {
        http.put(address, body(blob, 0, blob.size(), listener));
        return;
      }
      Map<Integer, String> parts = new TreeMap<>();
      header
          .fields()
          .forEachRemaining(
              field -> {
                if (field.getKey().matches("\\d{1,6}")) {
                  parts.put(Integer.parseInt(field.getKey()), field.getValue().asText());
                }
              });
      if (parts.size() != (blob.size() + chunk - 1) / chunk) {
        throw http.errors().noHub("it names " + parts.size() + " parts to upload", null);
      }
      ObjectNode complete = HubJson.MAPPER.createObjectNode().put("oid", blob.sha256());
      long from = 0;
      int number = 1;
      for (String part : parts.values()) {
        long length = Math.min(chunk, blob.size() - from);
        HttpResponse<InputStream> stored =
            http.put(URI.create(part), body(blob, from, length, listener));
        complete
            .withArray("parts")
            .addObject()
            .put("partNumber", number++)
            .put("etag", stored.headers().firstValue("etag").orElse(""));
        from += length;
      }
      http.post(address, LFS_TYPE, BodyPublishers.ofString(complete.toString()));
    }

    private void verify(HubBlob blob, JsonNode action) {
      if (action.has("href")) {
        ObjectNode body = HubJson.MAPPER.createObjectNode();
        body.put("oid", blob.sha256()).put("size", blob.size());
        http.post(address(action), JSON_TYPE, BodyPublishers.ofString(body.toString()));
      }
    }

    /** A mirror hands the Hub's own addresses on. */
    private URI address(JsonNode action) {
      String href = action.path("href").asText();
      return URI.create(
          href.startsWith(HubSettings.DEFAULT_ENDPOINT + "/")
              ? settings.endpoint() + href.substring(HubSettings.DEFAULT_ENDPOINT.length())
              : href);
    }

    private BodyPublisher body(HubBlob blob, long from, long length, TransferListener listener) {
      return BodyPublishers.fromPublisher(
          BodyPublishers.ofInputStream(
              () -> {
                try {
                  return blob.open(
                      from, length, sent -> listener.transferred(id.name(), done + sent, total));
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              }),
          length);
    }
  }
}
