package org.sparkfinetune.finetune;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.sparkfinetune.UserException;
import org.sparkfinetune.config.Settings;
import org.sparkfinetune.model.io.ModelLocator;
import org.sparkfinetune.track.mlflow.MlflowModelResolver;

/**
 * The pretrained models that settings name by a URI: fetched before anything else is done, so that
 * a wrong one costs no work, and the same models until this is closed.
 */
public final class NamedModels implements AutoCloseable {
  private static final List<String> KEYS = List.of("model", Presets.BASE);
  private static final String TRACKING_URI = "tracking.uri";

  private final List<Runnable> undo = new ArrayList<>();

  private NamedModels() {}

  /**
   * Fetches what the configuration names.
   *
   * @param hadoop the configuration that models are opened with, or makes copies of; until this is
   *     closed it has the settings for that
   * @throws UserException when one cannot be had; it begins with the key
   */
  public static NamedModels fetch(Settings config, Configuration hadoop) {
    NamedModels models = new NamedModels();
    try {
      if (config.value(TRACKING_URI) instanceof String server && !server.isEmpty()) {
        models.set(MlflowModelResolver.TRACKING_URI, server, hadoop);
      }
      for (String key : KEYS) {
        if (config.value(key) instanceof String name) {
          fetch(key, name, hadoop)
              .ifPresent(folder -> models.undo.add(ModelLocator.pin(name, folder, hadoop)));
        }
      }
      return models;
    } catch (RuntimeException e) {
      models.close();
      throw e;
    }
  }

  private static Optional<Path> fetch(String key, String name, Configuration hadoop) {
    try {
      return ModelLocator.fetch(name, hadoop);
    } catch (UserException e) {
      throw new UserException(key + "=" + e.getMessage(), e);
    }
  }

  private void set(String key, String value, Configuration hadoop) {
    String before = hadoop.getRaw(key);
    hadoop.set(key, value);
    undo.add(
        () -> {
          if (before == null) {
            hadoop.unset(key);
          } else {
            hadoop.set(key, before);
          }
        });
  }

  @Override
  public void close() {
    undo.forEach(Runnable::run);
  }
}
