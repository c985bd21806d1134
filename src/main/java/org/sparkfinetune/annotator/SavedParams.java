package org.sparkfinetune.annotator;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.apache.spark.ml.param.BooleanParam;
import org.apache.spark.ml.param.DoubleParam;
import org.apache.spark.ml.param.IntParam;
import org.apache.spark.ml.param.LongParam;
import org.apache.spark.ml.param.Param;
import org.apache.spark.ml.param.Params;
import org.apache.spark.ml.param.StringArrayParam;
import org.sparkfinetune.UserException;
import org.sparkfinetune.model.io.SavedStage;
import org.sparkfinetune.text.OneLine;

/**
 * Gives a stage that we have made the Params of a saved one: what Spark's {@code
 * DefaultParamsReader} does, without making the stage, and whatever else, by the name of a class in
 * the file.
 */
public final class SavedParams {
  private SavedParams() {}

  /**
   * Reads the metadata of a stage of one class.
   *
   * @throws UserException when there is none, or it is another class's
   */
  static SavedStage read(String path, Class<?> type, Configuration hadoop) throws IOException {
    SavedStage saved = SavedStage.read(new Path(path), hadoop);
    if (!saved.type().equals(type.getName())) {
      throw new UserException(
          path + " is a saved " + saved.shownType() + ": expected a " + type.getName());
    }
    return saved;
  }

  /**
   * Sets Params and their defaults.
   *
   * @return the stage
   * @throws UserException when the stage has no such Param, or does not allow the value
   */
  public static <P extends Params> P fill(P stage, SavedStage saved) {
    saved
        .defaults()
        .forEach(
            (name, json) -> {
              Param<Object> param = param(stage, name, saved);
              stage.setDefault(param, value(param, json, saved));
            });
    saved
        .params()
        .forEach(
            (name, json) -> {
              Param<Object> param = param(stage, name, saved);
              stage.set(param, value(param, json, saved));
            });
    return stage;
  }

  @SuppressWarnings("unchecked")
  private static Param<Object> param(Params stage, String name, SavedStage saved) {
    Map<String, Param<?>> known = new LinkedHashMap<>();
    Arrays.stream(stage.params()).forEach(param -> known.put(param.name(), param));
    if (!known.containsKey(name)) {
      throw new UserException(
          "%s: its metadata sets %s, which a %s of this version does not have. Known are: %s"
              .formatted(
                  saved.folder(),
                  shown(name),
                  stage.getClass().getSimpleName(),
                  String.join(", ", known.keySet())));
    }
    return (Param<Object>) known.get(name);
  }

  /** A value of the Param's own type, which the Param allows. */
  private static Object value(Param<Object> param, JsonNode json, SavedStage saved) {
    Object value =
        read(param, json)
            .orElseThrow(() -> refused(param, json, saved, "expected " + kind(param), null));
    try {
      param.w(value); // checks it
      return value;
    } catch (UserException | IllegalArgumentException e) {
      throw refused(param, json, saved, e.getMessage(), e);
    }
  }

  private static Optional<Object> read(Param<?> param, JsonNode json) {
    boolean whole = json.isIntegralNumber();
    Object value = null;
    if (param instanceof IntParam) {
      value = whole && json.canConvertToInt() ? (Object) json.intValue() : null;
    } else if (param instanceof LongParam) {
      value = whole && json.canConvertToLong() ? (Object) json.longValue() : null;
    } else if (param instanceof DoubleParam) {
      value = json.isNumber() ? (Object) json.doubleValue() : notFinite(json.asText());
    } else if (param instanceof BooleanParam) {
      value = json.isBoolean() ? (Object) json.booleanValue() : null;
    } else if (param instanceof StringArrayParam) {
      value = texts(json);
    } else if (param.getClass() == Param.class) {
      value = json.textValue();
    }
    return Optional.ofNullable(value);
  }

  /** As Spark spells what JSON has no number for. */
  private static Double notFinite(String text) {
    return switch (text) {
      case "NaN" -> Double.NaN;
      case "Inf" -> Double.POSITIVE_INFINITY;
      case "-Inf" -> Double.NEGATIVE_INFINITY;
      default -> null;
    };
  }

  private static String[] texts(JsonNode json) {
    String[] texts = new String[json.isArray() ? json.size() : 0];
    for (int i = 0; i < texts.length; i++) {
      texts[i] = json.get(i).textValue();
    }
    return json.isArray() && Arrays.stream(texts).allMatch(text -> text != null) ? texts : null;
  }

  private static String kind(Param<?> param) {
    if (param instanceof IntParam || param instanceof LongParam) {
      return "a whole number";
    } else if (param instanceof DoubleParam) {
      return "a number";
    } else if (param instanceof BooleanParam) {
      return "true or false";
    }
    return param instanceof StringArrayParam ? "a list of texts" : "a text";
  }

  private static UserException refused(
      Param<?> param, JsonNode json, SavedStage saved, String reason, Throwable cause) {
    return new UserException(
        "%s: its metadata sets %s=%s: %s"
            .formatted(saved.folder(), param.name(), shown(json.toString()), OneLine.of(reason)),
        cause);
  }

  /** Foreign text in a message. */
  private static String shown(String text) {
    String line = OneLine.of(text);
    return line.length() > 80 ? line.substring(0, 80) + "..." : line;
  }
}
