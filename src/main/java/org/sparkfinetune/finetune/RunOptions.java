package org.sparkfinetune.finetune;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Callable;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.sparkfinetune.UserException;
import org.sparkfinetune.config.Setting;
import org.sparkfinetune.config.SettingKeys;
import org.sparkfinetune.config.Settings;
import org.sparkfinetune.config.SettingsBuilder;
import org.sparkfinetune.console.Console;
import org.sparkfinetune.storage.OutputDirectory;

/**
 * What a library of this project is given for a run: a session, settings, rows, a folder to write
 * to and a console. Immutable: each method gives other options.
 */
public final class RunOptions extends CopyOnChange<RunOptions> {
  private static final String OUTPUT = "output";
  private static final Setting OVERWRITE = OverwriteArguments.SCHEMA.setting("overwrite");
  private static final String DATA = "data.";

  /** What the names of rows that are given as a data set begin with, where one is needed. */
  private static final String VIEW = "dataframe_";

  /** The location of such rows, as a record shows it. */
  static final String SHOWN = "DataFrame";

  private final SparkSession spark;
  private SettingsBuilder given;
  private Optional<Settings> whole = Optional.empty();
  private Map<String, Dataset<Row>> rows = Map.of();
  private String output = "";
  private boolean overwrite;
  private Console console = Console.system();

  private RunOptions(SparkSession spark, SettingsBuilder given) {
    this.spark = spark;
    this.given = given;
  }

  /**
   * Options with every default.
   *
   * @param structures those of the keys whose values are structures
   */
  public static RunOptions of(SparkSession spark, SettingKeys keys, Collection<String> structures) {
    return new RunOptions(spark, new SettingsBuilder(keys, structures));
  }

  /** With a setting. */
  public RunOptions set(String key, Object value) {
    if (value != null && key.equals(OUTPUT)) {
      return output(String.valueOf(value));
    } else if (value != null && key.equals(OVERWRITE.path())) {
      return overwrite((Boolean) OVERWRITE.convert(value));
    } else if (key.startsWith(SettingsBuilder.SPARK)) {
      throw new UserException(
          key + " is a setting of the Spark session, which has begun: set it where that is built");
    }
    SettingsBuilder more = changeable();
    more.set(key, value);
    return changed(copy -> copy.given = more);
  }

  /** With the settings of a file. */
  public RunOptions conf(String path) {
    SettingsBuilder more = changeable();
    more.file(path, this::hadoop);
    return changed(copy -> copy.given = more);
  }

  private SettingsBuilder changeable() {
    if (whole.isPresent()) {
      throw new IllegalStateException("all settings were given as one: nothing can be added");
    }
    return given.copy();
  }

  /** With these settings and no others, as somebody has read and checked them. */
  public RunOptions settings(Settings settings) {
    return changed(copy -> copy.whole = Optional.of(settings));
  }

  /**
   * With rows in the place of a location.
   *
   * @param key of the location, within {@code data}
   * @throws UserException when they are of another Spark session
   */
  public RunOptions rows(String key, Dataset<Row> dataset) {
    return rowsAt(DATA + key, dataset);
  }

  /** As {@link #rows}, by the whole key of the location. */
  RunOptions rowsAt(String key, Dataset<Row> dataset) {
    if (dataset.sparkSession() != spark) {
      throw new UserException(
          "the rows for %s are of another Spark session than the one that was given: expected rows of that"
              .formatted(key));
    }
    Map<String, Dataset<Row>> more = new LinkedHashMap<>(rows);
    more.put(key, dataset);
    return changed(copy -> copy.rows = more);
  }

  /** With a folder to write to. */
  public RunOptions output(String path) {
    return changed(copy -> copy.output = path);
  }

  /** With what is to be done about an output that is there. */
  public RunOptions overwrite(boolean value) {
    return changed(copy -> copy.overwrite = value);
  }

  /** With somewhere to print to. */
  public RunOptions console(Console value) {
    return changed(copy -> copy.console = value);
  }

  /** The session. */
  public SparkSession spark() {
    return spark;
  }

  /** The folder to write to; empty for none. */
  public String output() {
    return output;
  }

  /** Whether an output that is there may be replaced. */
  public boolean overwrite() {
    return overwrite;
  }

  /** Where progress and reports are printed. */
  public Console console() {
    return console;
  }

  /** Hadoop's settings, as the session has them. */
  public Configuration hadoop() {
    return spark.sessionState().newHadoopConf();
  }

  /**
   * The folder to write to, opened.
   *
   * @param owned what may be replaced in it
   * @throws UserException when none is named, or it may not be written to
   */
  public OutputDirectory open(Collection<String> owned) throws IOException {
    return open(owned, false);
  }

  /** As {@link #open(Collection)}, also where a run before is gone on with. */
  public OutputDirectory open(Collection<String> owned, boolean resume) throws IOException {
    if (output.isEmpty()) {
      throw new UserException("output is not set: expected a folder to write to");
    }
    return OutputDirectory.open(
        output,
        overwrite || resume,
        List.copyOf(owned),
        spark.sparkContext().hadoopConfiguration());
  }

  /** As {@link #open(Collection)}, but empty where no folder is named. */
  Optional<OutputDirectory> openIfNamed(Collection<String> owned) throws IOException {
    return output.isEmpty() ? Optional.empty() : Optional.of(open(owned));
  }

  /** What is done with the settings. */
  @FunctionalInterface
  public interface Body<T> {
    /** Does it. */
    T run(Settings settings) throws IOException, InterruptedException;
  }

  /**
   * Does something with the settings, which name the rows that were given as data sets: these are
   * temporary views for as long as that takes.
   *
   * @throws UserException when rows are given in both ways
   * @throws UncheckedIOException when a file cannot be read or written
   */
  public <T> T use(Body<T> body) {
    Settings settings = settings();
    Map<String, Object> views = new LinkedHashMap<>();
    try {
      for (Map.Entry<String, Dataset<Row>> entry : rows.entrySet()) {
        String key = entry.getKey();
        if (settings.value(key) instanceof String location && !location.isEmpty()) {
          throw new UserException(
              key
                  + "="
                  + location
                  + " is set, and a DataFrame was given too: expected one of them");
        }
        String view =
            VIEW
                + key.substring(key.lastIndexOf('.') + 1)
                + "_"
                + UUID.randomUUID().toString().replace("-", "").substring(0, 12);
        entry.getValue().createOrReplaceTempView(view);
        views.put(key, view);
      }
      if (whole.isPresent()) {
        // Whoever has read them has fetched what they name.
        return unchecked(() -> body.run(reading(settings, views)));
      }
      try (NamedModels models =
          NamedModels.fetch(
              settings, hadoop(), spark.sparkContext().hadoopConfiguration(), console)) {
        return unchecked(() -> body.run(reading(models.settings(), views)));
      }
    } finally {
      views.values().forEach(view -> spark.catalog().dropTempView(view.toString()));
    }
  }

  private static Settings reading(Settings settings, Map<String, Object> views) {
    return views.isEmpty() ? settings : settings.reading(views);
  }

  private Settings settings() {
    if (whole.isPresent()) {
      return whole.get();
    }
    SettingsBuilder filled = given.copy();
    Presets.fill(filled);
    return filled.build("");
  }

  /** The place of rows as a record shows it. */
  static String shown(String location) {
    return location.matches(VIEW + "[a-z]+_[0-9a-f]{12}") ? SHOWN : location;
  }

  /** Does something whose checked exceptions no caller in Scala or Python would expect. */
  public static <T> T unchecked(Callable<T> body) {
    try {
      return body.call();
    } catch (RuntimeException e) {
      throw e;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted", e);
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }
}
