package org.sparkfinetune.jobs;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigRenderOptions;
import com.typesafe.config.ConfigUtil;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueFactory;
import com.typesafe.config.ConfigValueType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;
import org.sparkfinetune.UserException;
import org.sparkfinetune.config.ConfigFile;
import org.sparkfinetune.config.HoconLimits;
import org.sparkfinetune.config.Settings;
import org.sparkfinetune.console.Console;
import org.sparkfinetune.finetune.Presets;
import org.sparkfinetune.text.Redaction;

/**
 * Puts a job's configuration together. Later wins: the schemas' defaults, the job's own, what suits
 * the base checkpoint, the settings of a recorded run, the files in their order, the {@code
 * key=value} arguments in theirs.
 */
public final class ConfigLayers {
  private static final String SPARK = "spark.";

  /** What a run that repeats another one does not take from it. */
  private static final Set<String> NOT_REPEATED =
      Set.of(
          "output",
          "overwrite",
          "resume",
          "training.resume",
          "training.checkpoint_dir",
          "tracking.uri",
          "tracking.run_id",
          "tracking.run_name",
          "tracking.journal");

  private final Job job;
  private final Map<String, Object> values = new TreeMap<>();
  private final Map<String, String> spark = new TreeMap<>();
  private final Map<String, ConfigValue> structures = new TreeMap<>();

  private ConfigLayers(Job job) {
    this.job = job;
  }

  /**
   * Reads files and arguments.
   *
   * @param files paths on this machine or, with a scheme, on any Hadoop file system, which is found
   *     by the settings {@code spark.hadoop.*} of the files before and of the arguments
   * @throws UserException when a file cannot be read, a key is unknown or a value is not allowed
   */
  public static Settings read(Job job, List<String> files, List<String> overrides) {
    return read(job, Map.of(), files, overrides);
  }

  /**
   * Reads files and arguments over the settings of a recorded run.
   *
   * @param recorded values by whole key
   * @throws UserException when a file cannot be read, a key is unknown or a value is not allowed
   */
  public static Settings read(
      Job job, Map<String, String> recorded, List<String> files, List<String> overrides) {
    ConfigLayers layers = new ConfigLayers(job);
    recorded.forEach(
        (key, value) -> {
          if (!NOT_REPEATED.contains(key)) {
            layers.set(key, value);
          }
        });
    files.forEach(file -> layers.file(file, overrides));
    overrides.forEach(layers::override);
    layers.structures.forEach(
        (key, value) -> layers.values.put(key, value.render(ConfigRenderOptions.concise())));
    layers.presets();
    return new Settings(job.keys(), layers.values, layers.spark, layers.command(files, overrides));
  }

  private String command(List<String> files, List<String> overrides) {
    List<String> arguments = new ArrayList<>();
    files.forEach(file -> arguments.addAll(List.of("--conf", Redaction.text(file))));
    for (String override : overrides) {
      String key = override.substring(0, Math.max(0, override.indexOf('=')));
      boolean secret =
          key.startsWith(SPARK)
              ? Settings.isSparkSecret(spark, key, override.substring(key.length() + 1))
              : Redaction.isSecretKey(key);
      arguments.add(secret ? key + "=***" : Redaction.text(override));
    }
    return Console.command(job.name(), arguments.toArray(String[]::new));
  }

  private void file(String path, List<String> overrides) {
    Config config = ConfigFile.read(path, () -> hadoop(overrides));
    for (String key : job.structures()) {
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

  private Configuration hadoop(List<String> overrides) {
    Map<String, String> settings = new TreeMap<>(spark);
    for (String override : overrides) {
      int equals = override.indexOf('=');
      if (override.startsWith(SPARK) && equals > 0) {
        settings.put(override.substring(0, equals).trim(), override.substring(equals + 1));
      }
    }
    return SparkSessions.hadoop(job.name(), settings);
  }

  private void override(String argument) {
    int equals = argument.indexOf('=');
    if (equals < 1) {
      throw new UserException(
          "'" + argument + "' is not understood: expected key=value, or see --help");
    }
    String key = argument.substring(0, equals).trim();
    HoconLimits.checkKey(key);
    // Taken as it stands, not as HOCON: a path may hold ':' or '//' without quotes.
    set(key, argument.substring(equals + 1));
  }

  private void set(String key, Object value) {
    Redaction.learn(Map.of(key, String.valueOf(value)));
    Optional<String> structure =
        job.structures().stream()
            .filter(path -> key.equals(path) || key.startsWith(path + "."))
            .findFirst();
    if (key.startsWith(SPARK)) {
      spark.put(key, String.valueOf(value));
    } else if (structure.isPresent()) {
      structure(key, ConfigValueFactory.fromAnyRef(value));
    } else if (value instanceof List<?>) {
      throw new UserException(job.keys().setting(key).path() + " is a list: expected one value");
    } else {
      values.put(key, job.keys().setting(key).convert(value));
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
      parsed = ConfigFile.parseForeign(key, "v = " + value.unwrapped()).getValue("v");
    }
    String path = job.structures().stream().filter(key::startsWith).findFirst().orElseThrow();
    String below = key.equals(path) ? "" : key.substring(path.length() + 1);
    ConfigValue whole = below.isEmpty() ? parsed : parsed.atPath(below).root();
    boolean isPart =
        job.keys().settings().stream().anyMatch(setting -> below.startsWith(setting.path() + "."));
    structures.merge(
        path,
        whole,
        (before, over) -> isPart ? over.withFallback(before) : merged("", before, over));
  }

  private ConfigValue merged(String key, ConfigValue before, ConfigValue over) {
    if (job.keys().has(key)
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

  private void presets() {
    job.presets().forEach(values::putIfAbsent);
    if (job.keys().has(Presets.BASE)) {
      Object base =
          values.getOrDefault(Presets.BASE, job.keys().setting(Presets.BASE).defaultValue());
      Presets.of(base.toString())
          .forEach(
              (path, value) -> {
                if (job.keys().has(path)) {
                  values.putIfAbsent(path, value);
                }
              });
    }
  }
}
