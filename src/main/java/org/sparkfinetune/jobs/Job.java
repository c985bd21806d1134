package org.sparkfinetune.jobs;

import java.util.List;
import java.util.Map;
import org.apache.spark.sql.SparkSession;
import org.sparkfinetune.config.Schema;
import org.sparkfinetune.config.SettingKeys;
import org.sparkfinetune.config.Settings;
import org.sparkfinetune.console.Console;
import org.sparkfinetune.finetune.OverwriteArguments;
import org.sparkfinetune.finetune.RunBuilder;

/** One thing that the command line does. */
interface Job {
  /** The command's name, as in {@code fine-tune}. */
  String name();

  /** What it does, in one sentence. */
  String summary();

  /** Arguments that make good examples, each one command. */
  List<String> examples();

  /** The keys it takes. */
  SettingKeys keys();

  /** Defaults of its own, by whole key, where the schemas' do not suit. */
  default Map<String, String> presets() {
    return Map.of();
  }

  /**
   * Those of its keys whose values are not single but a structure, written below the key in a file:
   * the configuration holds it as HOCON.
   */
  default List<String> structures() {
    return List.of();
  }

  /** The paths that must be set, by whole key. */
  List<String> required();

  /** Whether its end is told by itself, however long that takes, when the process is to end. */
  default boolean tellsItsEnd() {
    return false;
  }

  /** Does it. */
  void run(Settings config, SparkSession spark, Console console) throws Exception;

  /**
   * The keys of a job that calls a library and writes to an output.
   *
   * @param own those of the job alone
   */
  static SettingKeys keys(Schema<?> own, SettingKeys ofLibrary) {
    return SettingKeys.of(own)
        .and(OverwriteArguments.SCHEMA)
        .and(CommonArguments.SCHEMA)
        .and(ofLibrary);
  }

  /** A library with what every such job gives it. */
  static <B extends RunBuilder<B>> B configured(B library, Settings config, Console console) {
    return library
        .console(console)
        .settings(config)
        .overwrite(config.get(OverwriteArguments.SCHEMA).overwrite());
  }
}
