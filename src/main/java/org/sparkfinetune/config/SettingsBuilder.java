package org.sparkfinetune.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigRenderOptions;
import com.typesafe.config.ConfigUtil;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueFactory;
import com.typesafe.config.ConfigValueType;
import java.util.Collection;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.apache.hadoop.conf.Configuration;
import org.sparkfinetune.UserException;
import org.sparkfinetune.text.Redaction;

/**
 * Puts {@link Settings} together: of a value that is given twice the later one counts, presets fill
 * what nobody has given, and defaults the rest. Each value is checked when it is given.
 */
public final class SettingsBuilder {
  /** What the keys of Spark's own settings begin with. */
  public static final String SPARK = "spark.";

  private final SettingKeys keys;
  private final List<String> structures;
  private final Map<String, Object> values = new TreeMap<>();
  private final SortedMap<String, String> spark = new TreeMap<>();
  private final Map<String, ConfigValue> structured = new TreeMap<>();

  /**
   * @param structures those of the keys whose values are not single but a structure, written below
   *     the key in a file: settings hold it as HOCON
   */
  public SettingsBuilder(SettingKeys keys, Collection<String> structures) {
    this.keys = keys;
    this.structures = List.copyOf(structures);
  }

  /** Another builder, of the same state. */
  public SettingsBuilder copy() {
    SettingsBuilder copy = new SettingsBuilder(keys, structures);
    copy.values.putAll(values);
    copy.spark.putAll(spark);
    copy.structured.putAll(structured);
    return copy;
  }

  /**
   * Gives the values of a file.
   *
   * @param path on this machine or, with a scheme, on any Hadoop file system
   * @param hadoop how such a file system is found
   * @throws UserException when it cannot be read, a key is unknown or a value is not allowed
   */
  public void file(String path, Supplier<Configuration> hadoop) {
    Config config = ConfigFile.read(path, hadoop);
    for (String key : structures) {
      if (config.hasPath(key)) {
        structure(key, config.getValue(key));
        config = config.withoutPath(key);
      }
    }
    for (Map.Entry<String, ConfigValue> entry : config.entrySet()) {
      String key = String.join(".", ConfigUtil.splitPath(entry.getKey()));
      try {
        set(key, entry.getValue().unwrapped());
      } catch (UserException e) {
        throw new UserException(entry.getValue().origin().description() + ": " + e.getMessage(), e);
      }
    }
  }

  /**
   * Gives one value.
   *
   * @param key whole, as {@code training.learning_rate}; of a structure also one below
   * @param value a number, boolean or string, which may be the spelling of any value; for a
   *     structure also a list or a map of these, or HOCON as a string
   * @throws UserException when the key is unknown or the value is not allowed
   */
  public void set(String key, Object value) {
    if (value == null) {
      throw new UserException(key + " is null: expected a value; leave it out for the default");
    }
    Redaction.learn(Map.of(key, String.valueOf(value)));
    Optional<String> structure =
        structures.stream()
            .filter(path -> key.equals(path) || key.startsWith(path + "."))
            .findFirst();
    if (key.startsWith(SPARK)) {
      spark.put(key, String.valueOf(value));
    } else if (structure.isPresent()) {
      structure(key, value(key, value));
    } else if (value instanceof List<?>) {
      throw new UserException(keys.setting(key).path() + " is a list: expected one value");
    } else {
      values.put(key, keys.setting(key).convert(value));
    }
  }

  private static ConfigValue value(String key, Object value) {
    try {
      return ConfigValueFactory.fromAnyRef(value);
    } catch (ConfigException e) {
      throw new UserException(
          key
              + " is a "
              + value.getClass().getSimpleName()
              + ": expected a number, boolean, string, or a list or map of these",
          e);
    }
  }

  /**
   * Puts a structure, or a part of one, over what there is of it. What stands below the name of a
   * setting is one thing, which is replaced as a whole, unless a part of it is named.
   *
   * @param key of the structure, or one below
   * @param value itself, or a text that is one in HOCON
   */
  private void structure(String key, ConfigValue value) {
    ConfigValue parsed = value;
    if (value.unwrapped().equals("")) {
      return;
    } else if (value.valueType() == ConfigValueType.STRING) {
      parsed = parsed(key, value.unwrapped().toString());
    }
    String path = structures.stream().filter(key::startsWith).findFirst().orElseThrow();
    String below = key.equals(path) ? "" : key.substring(path.length() + 1);
    ConfigValue whole = below.isEmpty() ? parsed : parsed.atPath(below).root();
    boolean isPart =
        keys.settings().stream().anyMatch(setting -> below.startsWith(setting.path() + "."));
    structured.merge(
        path,
        whole,
        (before, over) -> isPart ? over.withFallback(before) : merged("", before, over));
  }

  private static ConfigValue parsed(String key, String text) {
    try {
      return ConfigFile.parseForeign(key, "v = " + text).getValue("v");
    } catch (UserException e) {
      if (text.contains(",") && text.strip().matches("[^\\[{\"].*")) {
        throw new UserException(
            "%s=%s is not one value: several stand in brackets, %s=[%s]"
                .formatted(key, text, key, text),
            e);
      }
      throw e;
    }
  }

  private ConfigValue merged(String key, ConfigValue before, ConfigValue over) {
    if (keys.has(key)
        || !(before instanceof ConfigObject old)
        || !(over instanceof ConfigObject more)) {
      return over;
    }
    ConfigObject all = old;
    for (Map.Entry<String, ConfigValue> entry : more.entrySet()) {
      String name = entry.getKey();
      ConfigValue value =
          old.containsKey(name)
              ? merged(key.isEmpty() ? name : key + "." + name, old.get(name), entry.getValue())
              : entry.getValue();
      all = all.withValue(name, value);
    }
    return all;
  }

  /** Gives values to those of the keys that have none yet; others than the keys are left out. */
  public void preset(Map<String, ?> presets) {
    presets.forEach(
        (key, value) -> {
          if (keys.has(key)) {
            values.putIfAbsent(key, keys.setting(key).convert(value));
          }
        });
  }

  /** The value of a key that is no structure, as far as it is given, or its default. */
  public Object value(String key) {
    Object given = values.get(key);
    return given == null ? keys.setting(key).defaultValue() : given;
  }

  /** The keys. */
  public SettingKeys keys() {
    return keys;
  }

  /** Those of Spark's own settings that were given. */
  public SortedMap<String, String> spark() {
    return Collections.unmodifiableSortedMap(spark);
  }

  /**
   * The settings.
   *
   * @param command that repeats the run, without secrets; empty where there is none
   */
  public Settings build(String command) {
    Map<String, Object> all = new TreeMap<>(values);
    structured.forEach((key, value) -> all.put(key, value.render(ConfigRenderOptions.concise())));
    return new Settings(keys, all, spark, command);
  }
}
