package org.sparkfinetune.track.mlflow;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.Map;
import java.util.UUID;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.commons.io.FileUtils;
import org.apache.hadoop.conf.Configuration;
import org.sparkfinetune.UserException;
import org.sparkfinetune.track.Sink.ServerUnavailableException;

/**
 * Models of a tracking server: {@code models:/NAME@ALIAS}, {@code models:/NAME/VERSION}, {@code
 * models:/NAME/latest}, {@code models:/m-ID} (MLflow 3) and {@code runs:/RUN/PATH}.
 */
final class MlflowModels {
  private static final Duration CONNECT = Duration.ofSeconds(10);
  private static final Duration REQUEST = Duration.ofSeconds(60);
  private static final Pattern ALIAS = Pattern.compile("models:/+([^/@]+)@([^/@]+)");
  private static final Pattern VERSION = Pattern.compile("models:/+([^/@]+)/([^/@]+)");
  private static final Pattern LOGGED = Pattern.compile("models:/+(m-[0-9a-f]+)");
  private static final Pattern RUN = Pattern.compile("runs:/+([^/]+)/(.+)");

  /** Behind the files of a model that is whole. */
  private static final String WHOLE = ".whole";

  private final MlflowHttp http;
  private final Configuration hadoop;

  private MlflowModels(String trackingUri, Configuration hadoop) {
    http = new MlflowHttp(MlflowHost.of(trackingUri), CONNECT, REQUEST);
    this.hadoop = hadoop;
  }

  /**
   * Fetches a model, if that has not been done before.
   *
   * @param cacheFolder where its files are put, in a folder of their own
   * @return that folder
   * @throws UserException when there is no such model, or the server cannot be asked
   */
  static Path resolve(String uri, String trackingUri, Path cacheFolder, Configuration hadoop) {
    MlflowModels models = new MlflowModels(trackingUri, hadoop);
    try {
      Place place = models.place(uri);
      return models.fetch(uri, place, cacheFolder);
    } catch (ServerUnavailableException | RejectedException e) {
      throw new UserException(uri + ": " + e.getMessage(), e);
    } catch (IOException e) {
      throw new UserException(uri + " cannot be kept in " + cacheFolder + ": " + e, e);
    }
  }

  /** A folder in a store. */
  private record Place(String address, String folder) {}

  private Place place(String uri) throws ServerUnavailableException, RejectedException {
    Matcher run = RUN.matcher(uri);
    Matcher logged = LOGGED.matcher(uri);
    Matcher alias = ALIAS.matcher(uri);
    Matcher version = VERSION.matcher(uri);
    if (run.matches()) {
      return ofRun(run.group(1), run.group(2).replaceAll("/+$", ""));
    } else if (logged.matches()) {
      return loggedModel(logged.group(1));
    } else if (alias.matches()) {
      Map<String, String> query = Map.of("name", alias.group(1), "alias", alias.group(2));
      return version(http.get("registered-models/alias", query).path("model_version"));
    } else if (version.matches()) {
      String number =
          version.group(2).equals("latest") ? latest(version.group(1)) : version.group(2);
      Map<String, String> query = Map.of("name", version.group(1), "version", number);
      return version(http.get("model-versions/get", query).path("model_version"));
    }
    throw new UserException(
        uri
            + " names no model: expected models:/NAME@ALIAS, models:/NAME/VERSION,"
            + " models:/NAME/latest, models:/m-ID or runs:/RUN/PATH");
  }

  /** Among the run's artifacts, or, on MLflow 3, a logged model of that name. */
  private Place ofRun(String run, String path)
      throws ServerUnavailableException, RejectedException {
    JsonNode info = http.get("runs/get", Map.of("run_id", run)).path("run").path("info");
    String root = info.path("artifact_uri").asText();
    if (ArtifactStore.at(root, http, hadoop).list(path).isEmpty()) {
      JsonNode logged =
          new ModelPublisher(http, hadoop)
              .find(path, new ServerRun(run, info.path("experiment_id").asText(), root));
      if (!logged.isMissingNode()) {
        return new Place(logged.path("artifact_uri").asText(), "");
      }
    }
    return new Place(root, path);
  }

  private String latest(String name) throws ServerUnavailableException, RejectedException {
    Map<String, String> search =
        Map.of(
            "filter", "name='" + name.replace("'", "\\'") + "'",
            "max_results", "1",
            "order_by", "version_number DESC");
    JsonNode newest = http.get("model-versions/search", search).path("model_versions").path(0);
    if (newest.isMissingNode()) {
      throw new RejectedException(404, "", "there is no version of " + name);
    }
    return newest.path("version").asText();
  }

  private Place loggedModel(String id) throws ServerUnavailableException, RejectedException {
    JsonNode info = http.get("logged-models/" + id, Map.of()).path("model").path("info");
    return new Place(info.path("artifact_uri").asText(), "");
  }

  private Place version(JsonNode version) throws ServerUnavailableException, RejectedException {
    String source = version.path("source").asText();
    Matcher logged = LOGGED.matcher(source);
    return logged.matches() ? loggedModel(logged.group(1)) : new Place(source, "");
  }

  private Path fetch(String uri, Place place, Path cacheFolder)
      throws ServerUnavailableException, RejectedException, IOException {
    String name = http.address() + " " + place.address() + " " + place.folder();
    Path target =
        cacheFolder.resolve(
            "mlflow-" + UUID.nameUUIDFromBytes(name.getBytes(StandardCharsets.UTF_8)));
    if (Files.exists(target.resolve(WHOLE))) {
      return target;
    }
    ArtifactStore store = ArtifactStore.at(place.address(), http, hadoop);
    Map<String, Long> files = store.list(place.folder());
    if (files.isEmpty()) {
      throw new RejectedException(404, "", "there are no files of it");
    }
    Path part = Files.createTempDirectory(Files.createDirectories(cacheFolder), "mlflow-part-");
    try {
      for (Map.Entry<String, Long> file : files.entrySet()) {
        String below =
            place.folder().isEmpty()
                ? file.getKey()
                : file.getKey().substring(place.folder().length() + 1);
        Path to = part.resolve(below).normalize();
        if (!to.startsWith(part) || to.equals(part)) {
          throw new UserException(uri + " has a file that leads out of its folder: " + below);
        }
        fetch(store, file.getKey(), file.getValue(), to);
      }
      Files.createFile(part.resolve(WHOLE));
      Files.move(part, target, StandardCopyOption.ATOMIC_MOVE);
    } catch (FileSystemException e) {
      // Another process was faster, or there is no room.
      if (!Files.exists(target.resolve(WHOLE))) {
        throw e;
      }
    } finally {
      FileUtils.deleteQuietly(part.toFile());
    }
    return target;
  }

  private static void fetch(ArtifactStore store, String path, long length, Path to)
      throws ServerUnavailableException, RejectedException, IOException {
    Files.createDirectories(to.getParent());
    try (InputStream in = store.open(path)) {
      long bytes = Files.copy(in, to, StandardCopyOption.REPLACE_EXISTING);
      if (bytes != length) {
        throw new ServerUnavailableException(
            path + " came with " + bytes + " of " + length + " bytes", Duration.ZERO, null);
      }
    }
  }
}
