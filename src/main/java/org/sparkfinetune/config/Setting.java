package org.sparkfinetune.config;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.sparkfinetune.PublicApi;
import org.sparkfinetune.UserException;

/**
 * One setting of a {@link Schema}: its key, type, default, range and documentation.
 *
 * <p>Values are held as {@code Integer}, {@code Long}, {@code Double}, {@code Boolean}, {@code
 * String} or an enum constant, by the component's type; {@code auto} in place of a number is {@code
 * NaN}.
 */
@PublicApi
public final class Setting {
  private static final String AUTO = "auto";

  private final String section;
  private final String name;
  private final Class<?> type;
  private final Key key;
  private final Object defaultValue;

  Setting(String section, String name, Class<?> type, Key key) {
    this.section = section;
    this.name = name;
    this.type = type;
    this.key = key;
    this.defaultValue = convert(key.defaultValue());
  }

  /** The key within its section, as in {@code learning_rate}. */
  public String name() {
    return name;
  }

  /** The whole key, as in {@code training.learning_rate}. */
  public String path() {
    return section.isEmpty() ? name : section + "." + name;
  }

  /** The component's Java type. */
  public Class<?> type() {
    return type;
  }

  /** The value when none is given; an empty string stands for "not set". */
  public Object defaultValue() {
    return defaultValue;
  }

  /** What the setting does. */
  public String doc() {
    return key.doc();
  }

  /** What values are allowed, in words; empty when any value of the type is. */
  public String range() {
    List<String> choices = choices();
    if (!choices.isEmpty()) {
      return "one of " + String.join(", ", choices);
    }
    boolean low = key.min() != Double.NEGATIVE_INFINITY;
    boolean high = key.max() != Double.POSITIVE_INFINITY;
    String lower = (key.minExclusive() ? "> " : ">= ") + number(key.min());
    String upper = (key.maxExclusive() ? "< " : "<= ") + number(key.max());
    String numbers = low && high ? lower + " and " + upper : low ? lower : high ? upper : "";
    return key.auto() && !numbers.isEmpty() ? AUTO + ", or " + numbers : numbers;
  }

  /** The strings allowed; empty when any is. */
  public List<String> choices() {
    if (type.isEnum()) {
      return Arrays.stream(type.getEnumConstants()).map(Setting::spelling).toList();
    }
    return List.of(key.choices());
  }

  /**
   * Converts a value as found in HOCON, on the command line or in a Spark {@code ParamMap} and
   * checks its range.
   *
   * @throws UserException when it has the wrong type or is out of range; the message names the key
   */
  public Object convert(Object raw) {
    Object value = parse(raw);
    if (value instanceof Number n && !(key.auto() && value.equals(Double.NaN))) {
      double d = n.doubleValue();
      boolean tooLow = key.minExclusive() ? !(d > key.min()) : !(d >= key.min());
      boolean tooHigh = key.maxExclusive() ? !(d < key.max()) : !(d <= key.max());
      if (tooLow || tooHigh) {
        throw invalid(raw, range());
      }
    } else if (value instanceof String s && !choices().isEmpty() && !choices().contains(s)) {
      throw invalid(raw, range());
    }
    return value;
  }

  /** A value as it would be written in HOCON. */
  public static String spelling(Object value) {
    if (value instanceof Double d && d.isNaN()) {
      return AUTO;
    }
    return value instanceof Enum<?> e ? e.name().toLowerCase(Locale.ROOT) : String.valueOf(value);
  }

  private Object parse(Object raw) {
    String text = spelling(raw).trim();
    if (type == int.class || type == long.class) {
      return integer(raw, text);
    } else if (type == double.class) {
      try {
        return text.equals(AUTO) && key.auto() ? Double.NaN : Double.valueOf(text);
      } catch (NumberFormatException e) {
        throw invalid(raw, key.auto() ? range() : "a number");
      }
    } else if (type == boolean.class) {
      return switch (text.toLowerCase(Locale.ROOT)) {
        case "true", "yes", "on" -> true;
        case "false", "no", "off" -> false;
        default -> throw invalid(raw, "true or false");
      };
    } else if (type.isEnum()) {
      for (Object constant : type.getEnumConstants()) {
        if (spelling(constant).equals(text.toLowerCase(Locale.ROOT))) {
          return constant;
        }
      }
      throw invalid(raw, range());
    }
    return key.verbatim() && text.isEmpty() ? spelling(raw) : text;
  }

  private Object integer(Object raw, String text) {
    double d;
    try {
      d = Double.parseDouble(text);
    } catch (NumberFormatException e) {
      throw invalid(raw, "a whole number");
    }
    // 1e3 is a whole number too; beyond 2^53 a double could round it in silence.
    if (d != Math.rint(d) || Math.abs(d) > 1L << 53) {
      throw invalid(raw, "a whole number");
    }
    if (type == int.class) {
      if (d != (int) d) {
        throw invalid(raw, "a whole number of at most " + Integer.MAX_VALUE);
      }
      return (int) d;
    }
    return (long) d;
  }

  private UserException invalid(Object raw, String expected) {
    return new UserException(
        path() + "=" + spelling(raw) + " is not allowed: expected " + expected);
  }

  private static String number(double d) {
    return d == Math.rint(d) && Math.abs(d) < 1e15 ? String.valueOf((long) d) : String.valueOf(d);
  }
}
