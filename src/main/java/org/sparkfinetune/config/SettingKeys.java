package org.sparkfinetune.config;

import java.util.Arrays;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.sparkfinetune.PublicApi;
import org.sparkfinetune.UserException;
import org.sparkfinetune.text.Nearest;

/**
 * The keys that a job takes, out of the schemas of the packages it calls. Immutable.
 *
 * <p>Sections are the schemas' own; {@code training.learning_rate} is the key {@code learning_rate}
 * of the schema {@code training}. A key of Spark's, {@code spark.*}, is no key of a job.
 */
@PublicApi
public final class SettingKeys {
  private final Map<String, Setting> settings;

  private SettingKeys(Map<String, Setting> settings) {
    this.settings = Collections.unmodifiableMap(settings);
  }

  /** The keys of a schema. */
  public static SettingKeys of(Schema<?> schema) {
    return new SettingKeys(new LinkedHashMap<>()).and(schema);
  }

  /** Some keys of a schema. */
  public static SettingKeys of(Schema<?> schema, String... names) {
    return new SettingKeys(new LinkedHashMap<>()).and(schema, names);
  }

  /** These keys and all of another schema's. */
  public SettingKeys and(Schema<?> schema) {
    return and(schema, schema.settings().stream().map(Setting::name).toArray(String[]::new));
  }

  /** These keys and those of another schema that the job uses. */
  public SettingKeys and(Schema<?> schema, String... names) {
    return and(Arrays.stream(names).map(schema::setting).toList());
  }

  /** These keys and others. */
  public SettingKeys and(SettingKeys others) {
    return and(others.settings());
  }

  private SettingKeys and(Collection<Setting> more) {
    Map<String, Setting> all = new LinkedHashMap<>(settings);
    for (Setting setting : more) {
      if (all.putIfAbsent(setting.path(), setting) != null) {
        throw new IllegalArgumentException(setting.path() + " is declared twice");
      }
    }
    return new SettingKeys(all);
  }

  /** These keys without some, by whole key, that the job does not use. */
  public SettingKeys without(String... paths) {
    Map<String, Setting> fewer = new LinkedHashMap<>(settings);
    for (String path : paths) {
      if (fewer.remove(path) == null) {
        throw new IllegalArgumentException(path + " is no key");
      }
    }
    return new SettingKeys(fewer);
  }

  /** The settings in the order in which they are explained. */
  public Collection<Setting> settings() {
    return settings.values();
  }

  /** Whether the job takes a key. */
  public boolean has(String path) {
    return settings.containsKey(path);
  }

  /**
   * The setting of a whole key.
   *
   * @throws UserException when the job has none; the message names the nearest it has
   */
  public Setting setting(String path) {
    Setting setting = settings.get(path);
    if (setting == null) {
      List<String> known = List.copyOf(settings.keySet());
      throw new UserException(
          "unknown key " + path + ": did you mean " + Nearest.of(path, known) + "?");
    }
    return setting;
  }
}
