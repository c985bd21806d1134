package org.sparkfinetune.jobs;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;
import org.sparkfinetune.UserException;
import org.sparkfinetune.config.HoconLimits;
import org.sparkfinetune.config.Settings;
import org.sparkfinetune.config.SettingsBuilder;
import org.sparkfinetune.console.Console;
import org.sparkfinetune.finetune.Presets;
import org.sparkfinetune.text.Redaction;

/**
 * Puts a job's configuration together. Later wins: the schemas' defaults, the job's own, what suits
 * the pretrained model, the settings of a recorded run, the files in their order, the {@code
 * key=value} arguments in theirs.
 */
final class ConfigLayers {
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
  private final SettingsBuilder settings;

  private ConfigLayers(Job job) {
    this.job = job;
    settings = new SettingsBuilder(job.keys(), job.structures());
  }

  /**
   * Reads files and arguments.
   *
   * @param files paths on this machine or, with a scheme, on any Hadoop file system, which is found
   *     by the settings {@code spark.hadoop.*} of the files before and of the arguments
   * @throws UserException when a file cannot be read, a key is unknown or a value is not allowed
   */
  static Settings read(Job job, List<String> files, List<String> overrides) {
    return read(job, Map.of(), files, overrides);
  }

  /**
   * Reads files and arguments over the settings of a recorded run.
   *
   * @param recorded values by whole key
   * @throws UserException when a file cannot be read, a key is unknown or a value is not allowed
   */
  static Settings read(
      Job job, Map<String, String> recorded, List<String> files, List<String> overrides) {
    ConfigLayers layers = new ConfigLayers(job);
    recorded.forEach(
        (key, value) -> {
          if (!NOT_REPEATED.contains(key)) {
            layers.settings.set(key, value);
          }
        });
    files.forEach(file -> layers.settings.file(file, () -> layers.hadoop(overrides)));
    overrides.forEach(layers::override);
    layers.settings.preset(job.presets());
    Presets.fill(layers.settings);
    return layers.settings.build(layers.command(files, overrides));
  }

  private String command(List<String> files, List<String> overrides) {
    List<String> arguments = new ArrayList<>();
    files.forEach(file -> arguments.addAll(List.of("--conf", Redaction.text(file))));
    for (String override : overrides) {
      String key = override.substring(0, Math.max(0, override.indexOf('=')));
      boolean secret =
          key.startsWith(SettingsBuilder.SPARK)
              ? Settings.isSparkSecret(settings.spark(), key, override.substring(key.length() + 1))
              : Redaction.isSecretKey(key);
      arguments.add(secret ? key + "=***" : Redaction.text(override));
    }
    return Console.command(job.name(), arguments.toArray(String[]::new));
  }

  private Configuration hadoop(List<String> overrides) {
    Map<String, String> ofSpark = new TreeMap<>(settings.spark());
    for (String override : overrides) {
      int equals = override.indexOf('=');
      if (override.startsWith(SettingsBuilder.SPARK) && equals > 0) {
        ofSpark.put(override.substring(0, equals).trim(), override.substring(equals + 1));
      }
    }
    return SparkSessions.hadoop(job.name(), ofSpark);
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
    settings.set(key, argument.substring(equals + 1));
  }
}
