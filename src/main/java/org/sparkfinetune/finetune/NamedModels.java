package org.sparkfinetune.finetune;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.sparkfinetune.UserException;
import org.sparkfinetune.config.Settings;
import org.sparkfinetune.console.Console;
import org.sparkfinetune.console.TransferBar;
import org.sparkfinetune.data.HubRows;
import org.sparkfinetune.data.Split;
import org.sparkfinetune.model.io.ModelLocator;
import org.sparkfinetune.track.mlflow.MlflowModelResolver;

/**
 * The pretrained models, and the rows of the hub, that settings name by a URI or an id: fetched
 * before anything else is done, so that a wrong one costs no work, and the same until this is
 * closed.
 */
public final class NamedModels implements AutoCloseable {
  private static final List<String> KEYS = List.of("model", Presets.BASE);
  private static final String TRACKING_URI = "tracking.uri";

  /** The keys of rows, and the split that each means where its location names none. */
  private static final Map<String, Optional<String>> ROWS = new LinkedHashMap<>();

  static {
    ROWS.put("data.train", Optional.of(Split.TRAIN));
    ROWS.put("data.validation", Optional.of(Split.VALIDATION));
    ROWS.put("data.test", Optional.of(Split.TEST));
    ROWS.put("data.input", Optional.empty());
  }

  private final List<Runnable> undo = new ArrayList<>();
  private final Map<String, String> pinned = new LinkedHashMap<>();
  private final Settings config;

  private NamedModels(Settings config) {
    this.config = config;
  }

  /**
   * Fetches what the configuration names.
   *
   * @param hadoop the configuration that models are opened with, or makes copies of; until this is
   *     closed it has the settings for that
   * @param console shows how far it has come
   * @throws UserException when one cannot be had; it begins with the key
   */
  public static NamedModels fetch(Settings config, Configuration hadoop, Console console) {
    return fetch(config, hadoop, hadoop, console);
  }

  /**
   * As the other.
   *
   * @param session what a session adds to {@code hadoop}, which is asked how models are reached
   */
  static NamedModels fetch(
      Settings config, Configuration session, Configuration hadoop, Console console) {
    NamedModels models = new NamedModels(config);
    try (TransferBar bar = new TransferBar(console, "fetching")) {
      if (config.value(TRACKING_URI) instanceof String server && !server.isEmpty()) {
        models.set(MlflowModelResolver.TRACKING_URI, server, hadoop);
        session.set(MlflowModelResolver.TRACKING_URI, server);
      }
      for (String key : KEYS) {
        if (config.value(key) instanceof String name) {
          models.model(key, name, session, hadoop, bar);
        }
      }
      ROWS.forEach(
          (key, split) -> {
            if (config.value(key) instanceof String location) {
              models.rows(key, location, split, session, bar);
            }
          });
      return models;
    } catch (RuntimeException e) {
      models.close();
      throw e;
    }
  }

  private void model(
      String key, String name, Configuration session, Configuration hadoop, TransferBar bar) {
    try {
      ModelLocator.fetch(name, session, bar::show)
          .ifPresent(
              fetched -> {
                undo.add(ModelLocator.pin(name, fetched.folder(), hadoop));
                undo.add(ModelLocator.pin(fetched.pinned(), fetched.folder(), hadoop));
                pinned.put(key, fetched.pinned());
              });
    } catch (UserException e) {
      throw new UserException(key + "=" + e.getMessage(), e);
    }
  }

  private void rows(
      String key, String location, Optional<String> split, Configuration session, TransferBar bar) {
    try {
      HubRows.fetch(location, split, session, bar::show)
          .ifPresent(rows -> pinned.put(key, rows.pinned()));
    } catch (UserException e) {
      throw new UserException(key + "=" + e.getMessage(), e);
    }
  }

  /**
   * The configuration with names that mean the same for ever, as far as there are such, in the
   * place of those that were given: what is recorded is what was read.
   */
  public Settings settings() {
    return pinned.isEmpty() ? config : config.with(pinned);
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
