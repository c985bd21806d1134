package org.sparkfinetune.track.mlflow;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import org.apache.hadoop.conf.Configuration;
import org.sparkfinetune.UserException;
import org.sparkfinetune.hub.TransferListener;
import org.sparkfinetune.model.io.ModelResolver;
import org.sparkfinetune.storage.HostCache;

/**
 * Fetches the models that an MLflow server keeps, {@code models:/NAME@ALIAS}, {@code
 * models:/NAME/VERSION} and {@code runs:/ID/PATH}, into this host's cache: see {@link
 * MlflowModels}.
 *
 * <p>The server is {@value #TRACKING_URI} in Hadoop's configuration, which the setting {@code
 * tracking.uri} of a job becomes, else the environment's {@code MLFLOW_TRACKING_URI}.
 */
public final class MlflowModelResolver implements ModelResolver {
  /** The setting that names the server: an address as {@code MLFLOW_TRACKING_URI} has it. */
  public static final String TRACKING_URI = "spark-finetune.tracking.uri";

  private static final String CACHE = "mlflow";

  private final Map<String, String> environment;

  /** With this process's environment. */
  public MlflowModelResolver() {
    this(System.getenv());
  }

  MlflowModelResolver(Map<String, String> environment) {
    this.environment = environment;
  }

  @Override
  public Set<String> schemes() {
    return Set.of("models", "runs");
  }

  @Override
  public Path resolve(String uri, Configuration settings, TransferListener listener) {
    String server =
        settings.get(TRACKING_URI, environment.getOrDefault("MLFLOW_TRACKING_URI", "")).strip();
    if (server.isEmpty()) {
      throw new UserException(
          uri
              + ": no MLflow server is named: set the environment's MLFLOW_TRACKING_URI, or "
              + TRACKING_URI
              + " in Spark's session (for all sessions, and in jobs, spark.hadoop."
              + TRACKING_URI
              + ")");
    }
    try {
      return MlflowModels.resolve(uri, server, HostCache.subfolder(CACHE), settings);
    } catch (UserException e) {
      String message = e.getMessage();
      throw new UserException(message.startsWith(uri) ? message : uri + ": " + message, e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
