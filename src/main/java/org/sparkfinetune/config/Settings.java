package org.sparkfinetune.config;

import com.typesafe.config.ConfigUtil;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.sparkfinetune.PublicApi;
import org.sparkfinetune.UserException;
import org.sparkfinetune.text.Redaction;

/** The configuration of one run of a job: a checked value for every key. Immutable. */
@PublicApi
public final class Settings {
  /** Spark's own: what it matches is a secret, by its key or its value. */
  public static final String REDACTION = "spark.redaction.regex";

  private static final String LEFT_OUT = "# left out, a secret: ";

  private final Map<String, Setting> settings = new LinkedHashMap<>();
  private final Map<String, Object> values = new LinkedHashMap<>();
  private final SortedMap<String, String> spark;
  private final String command;

  /** What schemas are given in place of values, by whole key. */
  private final Map<String, Object> read;

  /**
   * @param given values by whole key; what is not given takes its default
   * @param spark Spark's settings
   * @param command that repeats the run, without secrets
   * @throws UserException when a key is unknown or a value is not allowed
   */
  public Settings(
      SettingKeys keys, Map<String, ?> given, Map<String, String> spark, String command) {
    this.command = command;
    given.keySet().forEach(keys::setting);
    for (Setting setting : keys.settings()) {
      Object raw = given.get(setting.path());
      settings.put(setting.path(), setting);
      values.put(setting.path(), raw == null ? setting.defaultValue() : setting.convert(raw));
    }
    this.spark = Collections.unmodifiableSortedMap(new TreeMap<>(spark));
    this.read = Map.of();
  }

  private Settings(Settings config, Map<String, Object> read) {
    settings.putAll(config.settings);
    values.putAll(config.values);
    this.spark = config.spark;
    this.command = config.command;
    Map<String, Object> all = new LinkedHashMap<>(config.read);
    all.putAll(read);
    this.read = Map.copyOf(all);
  }

  private Settings(Settings config, Map<String, Setting> settings, Map<String, ?> changes) {
    settings.forEach(
        (path, setting) -> {
          Object change = changes.get(path);
          this.settings.put(path, setting);
          values.put(path, change == null ? config.values.get(path) : setting.convert(change));
        });
    spark = config.spark;
    command = config.command;
    Map<String, Object> stillRead = new LinkedHashMap<>(config.read);
    stillRead.keySet().removeAll(changes.keySet());
    read = Map.copyOf(stillRead);
  }

  /**
   * This configuration with other values, by whole key.
   *
   * @throws UserException when a value is not allowed
   */
  public Settings with(Map<String, ?> changes) {
    return new Settings(this, settings, changes);
  }

  /** What of this configuration another job knows, but for some of its keys. */
  public Settings forJob(SettingKeys keys, Set<String> without) {
    Map<String, Setting> others = new LinkedHashMap<>(settings);
    others.keySet().removeIf(path -> !keys.has(path) || without.contains(path));
    return new Settings(this, others, Map.of());
  }

  /**
   * This configuration, but schemas are given other values, by whole key, also of keys that it does
   * not have: all else shows these.
   */
  public Settings reading(Map<String, Object> others) {
    return new Settings(this, others);
  }

  /**
   * This configuration, but it shows other values than schemas are given: of what was chosen by an
   * object, which no value of a key names.
   */
  public Settings showing(Map<String, String> others) {
    Map<String, Object> kept = new LinkedHashMap<>();
    others.keySet().forEach(path -> kept.put(path, read.getOrDefault(path, values.get(path))));
    Settings showing = new Settings(this, kept);
    showing.values.putAll(others);
    return showing;
  }

  /**
   * The settings record of a schema. A setting of it that the job does not use keeps its default.
   */
  public <R extends Record> R get(Schema<R> schema) {
    Map<String, Object> ofSchema = new LinkedHashMap<>();
    for (Setting setting : schema.settings()) {
      String path = setting.path();
      if (read.containsKey(path) || values.containsKey(path)) {
        ofSchema.put(setting.name(), read.getOrDefault(path, values.get(path)));
      }
    }
    return schema.create(ofSchema);
  }

  /** The value of a whole key, as it was set; null when the job has no such key. */
  public Object value(String path) {
    return values.get(path);
  }

  /**
   * Complains when a key that the job cannot do without is not set.
   *
   * @throws UserException naming the key and what to write
   */
  public void require(String path) {
    if (values.get(path).equals("")) {
      throw new UserException(path + " is not set: expected " + path + "=PATH");
    }
  }

  /** The command that the run was started with, without secrets. */
  public String command() {
    return command;
  }

  /** Every value of the job's own keys by whole key, in the order in which they are explained. */
  public Map<String, Object> values() {
    return Collections.unmodifiableMap(values);
  }

  /** Every value, of Spark's settings too, as parameters of a run; of secrets the keys alone. */
  public Map<String, String> params() {
    Map<String, String> params = new LinkedHashMap<>();
    values.forEach((path, value) -> params.put(path, Setting.spelling(value)));
    params.putAll(spark);
    sparkSecrets().forEach(key -> params.put(key, Redaction.STARS));
    return params;
  }

  /** The default of each of the job's own keys, by whole key. */
  public Map<String, Object> defaults() {
    Map<String, Object> defaults = new LinkedHashMap<>();
    settings.forEach((path, setting) -> defaults.put(path, setting.defaultValue()));
    return defaults;
  }

  /** The keys of those of Spark's settings that are secrets. */
  Set<String> sparkSecrets() {
    Set<String> secrets = new TreeSet<>(spark.keySet());
    secrets.removeIf(key -> !isSparkSecret(spark, key, spark.get(key)));
    return secrets;
  }

  /** Whether one of Spark's settings is a secret, to Spark itself or by our own rule. */
  public static boolean isSparkSecret(Map<String, String> spark, String key, String value) {
    Pattern secret = redaction(spark.getOrDefault(REDACTION, Redaction.SPARK_REGEX));
    return !key.equals(REDACTION)
        && (secret.matcher(key).find()
            || secret.matcher(value).find()
            || Redaction.isSecret(key, value));
  }

  private static Pattern redaction(String regex) {
    try {
      return Pattern.compile(regex);
    } catch (PatternSyntaxException e) {
      throw new UserException(
          REDACTION + "=" + regex + " is no regular expression: " + e.getDescription(), e);
    }
  }

  /** Spark's settings, {@code spark.*}, by key. */
  public SortedMap<String, String> spark() {
    return spark;
  }

  /**
   * The whole configuration as HOCON that {@code --conf} takes, but for secrets: of them it has the
   * keys alone, as comments.
   */
  public String toHocon() {
    StringBuilder out = new StringBuilder();
    Map<String, List<String>> sections = new LinkedHashMap<>();
    settings.forEach(
        (path, setting) -> {
          int dot = path.lastIndexOf('.');
          sections
              .computeIfAbsent(dot < 0 ? "" : path.substring(0, dot), section -> new ArrayList<>())
              .add(
                  Redaction.isSecret(path, Setting.spelling(values.get(path)))
                      ? LEFT_OUT + setting.name()
                      : setting.name() + " = " + hocon(values.get(path)));
        });
    sections.forEach(
        (section, lines) -> {
          String indent = section.isEmpty() ? "" : "  ";
          out.append(section.isEmpty() ? "" : section + " {\n");
          lines.forEach(line -> out.append(indent).append(line).append('\n'));
          out.append(section.isEmpty() ? "" : "}\n");
        });
    Set<String> secrets = sparkSecrets();
    spark.forEach(
        (key, value) -> {
          boolean isSecret = secrets.contains(key);
          out.append(isSecret ? LEFT_OUT : "").append(ConfigUtil.quoteString(key));
          out.append(isSecret ? "" : " = " + ConfigUtil.quoteString(value)).append('\n');
        });
    return out.toString();
  }

  /** A value as HOCON, short where HOCON lets it be. */
  public static String hocon(Object value) {
    String text = Setting.spelling(value);
    if (value instanceof Double) {
      return text.replaceFirst("(\\.0)?E", "e");
    }
    boolean bare = !(value instanceof String) || text.matches("[A-Za-z][A-Za-z0-9_-]*");
    return bare ? text : ConfigUtil.quoteString(text);
  }
}
