package org.sparkfinetune.model.encoder;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.sparkfinetune.UserException;
import org.sparkfinetune.model.compute.Activation;

/**
 * The values of a {@code config.json}, each read as what it has to be: one that is not there, or
 * null, has its default; one of another kind or out of range is refused with its key.
 */
public abstract class ConfigValues {
  /**
   * Larger than any size of an encoder, and small enough for a product of two of them: what is
   * computed of sizes does not overflow.
   */
  public static final int MAX_SIZE = 1 << 24;

  /** Each layer has some twenty weights, whatever its size. */
  public static final int MAX_LAYERS = 1000;

  /** Attention's memory grows with the square of it. */
  public static final int MAX_TOKENS = 1 << 20;

  /** Characters of a value in a message. */
  private static final int SHOWN = 100;

  private final ObjectNode json;

  protected ConfigValues(ObjectNode json) {
    this.json = json;
  }

  /** The whole of it. */
  protected final ObjectNode json() {
    return json;
  }

  /** The encoder family, as in {@code bert}. */
  public String modelType() {
    JsonNode type = value("model_type");
    if (type == null || !type.isTextual()) {
      throw new UserException("config.json has no model_type; expected one, as in \"bert\"");
    }
    return type.textValue();
  }

  /**
   * A size that the model cannot do without: a whole number from 1 to {@value #MAX_SIZE}.
   *
   * @throws UserException when it is missing or not such a number
   */
  public int positive(String key) {
    return required(key, 1, MAX_SIZE);
  }

  /**
   * A size, or its default where there is none.
   *
   * @throws UserException when it is not such a number
   */
  public int positive(String key, int defaultValue) {
    return integer(key, defaultValue, 1, MAX_SIZE);
  }

  /**
   * A number of layers or the like, each of which has weights of its own: from 1 to {@value
   * #MAX_LAYERS}.
   *
   * @throws UserException when it is missing or not such a number
   */
  public int layers(String key) {
    return required(key, 1, MAX_LAYERS);
  }

  /** The rows of the table of positions, or what counts as such: from 1 to {@value #MAX_TOKENS}. */
  public int positions() {
    return required("max_position_embeddings", 1, MAX_TOKENS);
  }

  private int required(String key, int min, int max) {
    if (value(key) == null) {
      throw new UserException("config.json has no " + key + "; expected a whole number");
    }
    return integer(key, min, min, max);
  }

  /**
   * A whole number, or its default where there is none.
   *
   * @throws UserException when it is not one from {@code min} to {@code max}
   */
  public int integer(String key, int defaultValue, int min, int max) {
    JsonNode value = value(key);
    if (value == null) {
      return defaultValue;
    }
    if (!value.isIntegralNumber()
        || !value.canConvertToInt()
        || value.intValue() < min
        || value.intValue() > max) {
      throw refused(key, "a whole number from " + min + " to " + max);
    }
    return value.intValue();
  }

  /** The probability of a dropout, or its default where there is none. */
  public double dropout(String key, double defaultValue) {
    double probability = number(key, defaultValue, 0, 1);
    if (probability == 1) {
      throw refused(key, "a number >= 0 and < 1");
    }
    return probability;
  }

  /** What a norm adds to a variance, so that nothing is divided by zero; or its default. */
  public double epsilon(String key, double defaultValue) {
    return number(key, defaultValue, 0, 1);
  }

  /**
   * A number, or its default where there is none.
   *
   * @throws UserException when it is not one from {@code min} to {@code max}
   */
  public double number(String key, double defaultValue, double min, double max) {
    JsonNode value = value(key);
    if (value == null) {
      return defaultValue;
    }
    // Nothing is at least as large as NaN.
    if (!value.isNumber() || !(value.doubleValue() >= min && value.doubleValue() <= max)) {
      throw refused(key, "a number from " + min + " to " + max);
    }
    return value.doubleValue();
  }

  /**
   * A string, or its default where there is none.
   *
   * @throws UserException when it is something else
   */
  public String string(String key, String defaultValue) {
    JsonNode value = value(key);
    if (value == null) {
      return defaultValue;
    }
    if (!value.isTextual()) {
      throw refused(key, "a text in quotes");
    }
    return value.textValue();
  }

  /**
   * A truth value, or its default where there is none.
   *
   * @throws UserException when it is something else
   */
  public boolean flag(String key, boolean defaultValue) {
    JsonNode value = value(key);
    if (value == null) {
      return defaultValue;
    }
    if (!value.isBoolean()) {
      throw refused(key, "true or false");
    }
    return value.booleanValue();
  }

  /**
   * An activation function by Hugging Face's name, or its default where there is none.
   *
   * @throws UserException when it is not known
   */
  public Activation activation(String key, String defaultValue) {
    return Activation.of(string(key, defaultValue))
        .orElseThrow(() -> refused(key, "one of " + String.join(", ", Activation.NAMES)));
  }

  /**
   * Checks that a key says what the family computes anyway.
   *
   * @param only the value that it may have; null, and an empty list or object, stand for none
   * @param why what is computed here, and what to do
   * @throws UserException when it says something else
   */
  public void requireOnly(String key, String only, String why) {
    JsonNode value = value(key);
    boolean none = value == null || value.isContainerNode() && value.isEmpty();
    if (!none && !value.asText().equals(only)) {
      throw new UserException("config.json: " + shown(key) + " is not supported: " + why);
    }
  }

  /** A key's value; null where it is not there, or null. */
  protected final JsonNode value(String key) {
    JsonNode value = json.get(key);
    return value == null || value.isNull() ? null : value;
  }

  protected final UserException refused(String key, String expected) {
    return new UserException(
        "config.json: " + shown(key) + " is not allowed: expected " + expected);
  }

  /** A key and its value, of which a message has room for the start. */
  private String shown(String key) {
    String value = json.path(key).isTextual() ? json.get(key).textValue() : json.get(key) + "";
    return key
        + "="
        + (value.length() <= SHOWN ? value : value.substring(0, SHOWN) + "... (cut here)");
  }

  /**
   * Some words: an array of them, or one string that has {@code |} between them; may be none.
   *
   * @throws UserException when it is something else
   */
  public List<String> words(String key) {
    JsonNode value = value(key);
    List<String> words = new ArrayList<>();
    if (value == null) {
      return words;
    }
    if (value.isTextual()) {
      for (String word : value.textValue().split("\\|")) {
        words.add(word.strip().toLowerCase(Locale.ROOT));
      }
      return List.copyOf(words);
    }
    for (JsonNode word : value) {
      if (!value.isArray() || !word.isTextual()) {
        throw refused(key, "a list of texts");
      }
      words.add(word.textValue());
    }
    if (!value.isArray()) {
      throw refused(key, "a list of texts");
    }
    return List.copyOf(words);
  }

  /** Whether a key is there with the value null, which need not mean the default. */
  public boolean isNull(String key) {
    return json.path(key).isNull();
  }
}
