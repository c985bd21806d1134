package org.sparkfinetune.jobs;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.FileUtil;
import org.apache.hadoop.fs.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sparkfinetune.UserException;
import org.sparkfinetune.config.Settings;
import org.sparkfinetune.finetune.Presets;
import org.sparkfinetune.runs.RunJournal;
import org.sparkfinetune.runs.TrackingEnvironment;
import org.sparkfinetune.storage.HostCache;
import org.sparkfinetune.track.mlflow.MlflowModels;

/**
 * The models that MLflow keeps, {@code models:/NAME@ALIAS} and {@code runs:/ID/PATH}, of any job's
 * {@code model} or {@code model.base}: fetched to this host's cache before the job starts.
 *
 * <p>What workers on other hosts train is copied beside the output, which they reach, for as long
 * as this is open.
 */
final class MlflowModelResolver implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(MlflowModelResolver.class);
  private static final String MODEL = "model";
  private static final String OUTPUT = "output";
  private static final String TRACKING_URI = "tracking.uri";
  private static final String CACHE = "mlflow";

  private final Settings config;
  private final List<Path> copies;
  private final Configuration hadoop;

  private MlflowModelResolver(Settings config, List<Path> copies, Configuration hadoop) {
    this.config = config;
    this.copies = copies;
    this.hadoop = hadoop;
  }

  /**
   * Fetches what the configuration names.
   *
   * @param environment this process's
   * @param local whether whatever is trained is trained on this host
   * @throws UserException when it cannot be fetched, or no server is named
   */
  static MlflowModelResolver fetch(
      Settings config, Map<String, String> environment, Configuration hadoop, boolean local)
      throws IOException {
    Map<String, Object> fetched = new TreeMap<>();
    List<Path> copies = List.of();
    for (String key : List.of(MODEL, Presets.BASE)) {
      if (config.value(key) instanceof String uri && MlflowModels.isModelUri(uri)) {
        Path folder = fetch(key, uri, trackingUri(key, uri, config, environment), hadoop);
        if (key.equals(Presets.BASE) && !local && hasOutput(config)) {
          folder = copyBeside(new Path(config.value(OUTPUT).toString()), folder, hadoop);
          copies = List.of(folder);
        }
        fetched.put(key, folder.toString());
      }
    }
    return new MlflowModelResolver(config.reading(fetched), copies, hadoop);
  }

  /** The job's configuration, which gives schemas the folders and shows the URIs. */
  Settings config() {
    return config;
  }

  private static boolean hasOutput(Settings config) {
    return config.value(OUTPUT) instanceof String output && !output.isEmpty();
  }

  private static String trackingUri(
      String key, String uri, Settings config, Map<String, String> environment) {
    String server = TrackingEnvironment.fill(config.get(RunJournal.SCHEMA), environment).uri();
    if (server.isEmpty()) {
      throw new UserException(
          key
              + "="
              + uri
              + ": no MLflow server is named: set the environment's MLFLOW_TRACKING_URI"
              + (config.value(TRACKING_URI) == null ? "" : ", or " + TRACKING_URI));
    }
    return server;
  }

  private static Path fetch(String key, String uri, String server, Configuration hadoop)
      throws IOException {
    try {
      return new Path(
          MlflowModels.resolve(uri, server, HostCache.subfolder(CACHE), hadoop).toUri());
    } catch (UserException e) {
      throw new UserException(key + "=" + e.getMessage(), e);
    }
  }

  private static Path copyBeside(Path output, Path folder, Configuration hadoop)
      throws IOException {
    FileSystem from = folder.getFileSystem(hadoop);
    FileSystem to = output.getFileSystem(hadoop);
    Path place = to.makeQualified(output);
    Path copy = new Path(place.getParent(), "." + place.getName() + ".base");
    to.delete(copy, true);
    FileUtil.copy(from, folder, to, copy, false, hadoop);
    return copy;
  }

  @Override
  public void close() {
    for (Path copy : copies) {
      try {
        copy.getFileSystem(hadoop).delete(copy, true);
      } catch (IOException e) {
        LOG.warn("cannot delete {}, a copy of the base that is no longer needed", copy, e);
      }
    }
  }
}
