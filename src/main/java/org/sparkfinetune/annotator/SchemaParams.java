package org.sparkfinetune.annotator;

import java.io.Serializable;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.ml.param.BooleanParam;
import org.apache.spark.ml.param.DoubleParam;
import org.apache.spark.ml.param.IntParam;
import org.apache.spark.ml.param.LongParam;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.param.Params;
import org.sparkfinetune.UserException;
import org.sparkfinetune.config.Schema;
import org.sparkfinetune.config.Setting;
import org.sparkfinetune.distributed.ResourceArguments;
import org.sparkfinetune.explain.ExplainArguments;
import org.sparkfinetune.model.ModelArguments;
import org.sparkfinetune.text.Nearest;
import org.sparkfinetune.train.InferenceArguments;
import org.sparkfinetune.train.TrainingArguments;
import scala.Function1;
import scala.runtime.AbstractFunction1;

/**
 * Spark Params made from the settings that a {@link Schema} declares: same name, documentation and
 * default; a value is accepted when {@link Setting#convert} accepts it, and refused with its
 * message.
 *
 * <p>An enum becomes a Param of its constants' lower-case spelling, so that it can be saved as
 * JSON.
 */
final class SchemaParams implements Serializable {
  private static final long serialVersionUID = 1L;

  static final Schema<TrainingArguments> TRAINING = Schema.of("training", TrainingArguments.class);
  static final Schema<ModelArguments> MODEL = Schema.of("model", ModelArguments.class);
  static final Schema<ResourceArguments> RESOURCES =
      Schema.of("resources", ResourceArguments.class);

  private static final List<Schema<?>> SCHEMAS =
      List.of(MODEL, TRAINING, RESOURCES, ExplainArguments.SCHEMA, InferenceArguments.SCHEMA);

  private final Params owner;
  private final Map<String, Param<?>> params = new LinkedHashMap<>();
  // Sections have keys of the same name, of which an owner has one.
  private final Map<String, String> paths = new LinkedHashMap<>();

  /** No Params yet; {@code owner} must have its uid. */
  SchemaParams(Params owner) {
    this.owner = owner;
  }

  /** Adds a Param for each of the settings and gives it its default. */
  SchemaParams addAll(Schema<?> schema) {
    schema.settings().forEach(setting -> add(schema, setting.name()));
    return this;
  }

  /** Adds a Param for one setting and gives it its default. */
  SchemaParams add(Schema<?> schema, String key) {
    Setting setting = schema.setting(key);
    Function1<Object, Object> valid = new Valid(setting.path());
    String doc = setting.range().isEmpty() ? setting.doc() : setting.doc() + " " + range(setting);
    Class<?> type = setting.type();
    Param<?> param;
    if (type == int.class) {
      param = new IntParam(owner, key, doc, valid);
    } else if (type == long.class) {
      param = new LongParam(owner, key, doc, valid);
    } else if (type == double.class) {
      param = new DoubleParam(owner, key, doc, valid);
    } else if (type == boolean.class) {
      param = new BooleanParam(owner, key, doc);
    } else {
      param = new Param<Object>(owner, key, doc, valid);
    }
    params.put(key, param);
    paths.put(key, setting.path());
    owner.setDefault(untyped(param), paramValue(setting.defaultValue()));
    return this;
  }

  /** The Param of a key. */
  <P extends Param<?>> P get(Class<P> type, String key) {
    return type.cast(params.get(key));
  }

  /** The Param of a key whose setting is a string or an enum. */
  @SuppressWarnings("unchecked")
  Param<String> string(String key) {
    return (Param<String>) params.get(key);
  }

  /** Sets the Param of a key to a value of its own type. */
  void set(String key, Object value) {
    owner.set(untyped(params.get(key)), value);
  }

  /**
   * Sets a key to a value as found in a configuration: {@code "1e-4"} will do for a number.
   *
   * @throws UserException when the key is unknown or the value is not allowed
   */
  void setConverted(String key, Object value) {
    if (!params.containsKey(key)) {
      throw new UserException(
          "unknown key " + key + ": did you mean " + Nearest.of(key, params.keySet()) + "?");
    }
    set(key, paramValue(setting(paths.get(key)).convert(value)));
  }

  /** The Params' values as the record of one of the schemas. */
  <R extends Record> R toRecord(Schema<R> schema) {
    Map<String, Object> values = new LinkedHashMap<>();
    for (Setting setting : schema.settings()) {
      values.put(setting.name(), owner.getOrDefault(params.get(setting.name())));
    }
    return schema.create(values);
  }

  /** The Params found by reflection with those made here, by name. */
  Param<?>[] joinedWith(Param<?>[] found) {
    Map<String, Param<?>> joined = new LinkedHashMap<>();
    Arrays.stream(found).forEach(param -> joined.put(param.name(), param));
    joined.putAll(params);
    return joined.values().toArray(Param<?>[]::new);
  }

  private static Setting setting(String path) {
    return SCHEMAS.stream()
        .flatMap(schema -> schema.settings().stream())
        .filter(setting -> setting.path().equals(path))
        .findFirst()
        .orElseThrow();
  }

  private static String range(Setting setting) {
    return "Allowed: " + setting.range() + ".";
  }

  private static Object paramValue(Object value) {
    return value instanceof Enum<?> ? Setting.spelling(value) : value;
  }

  @SuppressWarnings("unchecked")
  private static Param<Object> untyped(Param<?> param) {
    return (Param<Object>) param;
  }

  /** Names its setting instead of holding it: a Param travels to executors with its annotator. */
  private static final class Valid extends AbstractFunction1<Object, Object>
      implements Serializable {
    private static final long serialVersionUID = 1L;

    private final String path;

    Valid(String path) {
      this.path = path;
    }

    @Override
    public Object apply(Object value) {
      Setting setting = setting(path);
      Object converted = paramValue(setting.convert(value));
      if (!converted.equals(value)) {
        throw new UserException(
            String.format(
                "%s=%s is not allowed: expected %s as %s, not as %s",
                setting.path(),
                value,
                converted,
                converted.getClass().getSimpleName(),
                value.getClass().getSimpleName()));
      }
      return true;
    }
  }
}
