package org.sparkfinetune.export;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * Writes YAML of maps, lists, texts, numbers and booleans, keys sorted, as PyYAML's {@code
 * safe_dump} does. A text is quoted unless it can be nothing else.
 */
final class Yaml {
  private static final Pattern PLAIN = Pattern.compile("[A-Za-z_][A-Za-z0-9_./=-]*");

  /** What YAML 1.1 takes for a boolean or nothing. */
  private static final Pattern RESERVED =
      Pattern.compile("y|n|yes|no|on|off|true|false|null", Pattern.CASE_INSENSITIVE);

  private final StringBuilder out = new StringBuilder();

  private Yaml() {}

  static String render(Map<String, ?> map) {
    Yaml yaml = new Yaml();
    yaml.map(map, 0, false);
    return yaml.out.toString();
  }

  /**
   * @param begun whether the line of the first key has its indentation already, as after a dash
   */
  private void map(Map<String, ?> map, int indent, boolean begun) {
    boolean first = begun;
    for (Map.Entry<String, ?> entry : new TreeMap<>(map).entrySet()) {
      out.append(first ? "" : " ".repeat(indent)).append(scalar(entry.getKey())).append(':');
      value(entry.getValue(), indent);
      first = false;
    }
  }

  private void value(Object value, int indent) {
    if (value instanceof Map<?, ?> map && !map.isEmpty()) {
      out.append('\n');
      map(texts(map), indent + 2, false);
    } else if (value instanceof List<?> list && !list.isEmpty()) {
      out.append('\n');
      for (Object item : list) {
        out.append(" ".repeat(indent)).append("- ");
        if (item instanceof Map<?, ?> map) {
          map(texts(map), indent + 2, true);
        } else {
          out.append(scalar(item)).append('\n');
        }
      }
    } else {
      out.append(' ').append(scalar(value)).append('\n');
    }
  }

  @SuppressWarnings("unchecked")
  private static Map<String, ?> texts(Map<?, ?> map) {
    return (Map<String, ?>) map;
  }

  private static String scalar(Object value) {
    if (value instanceof Map<?, ?>) {
      return "{}";
    }
    if (value instanceof List<?>) {
      return "[]";
    }
    if (!(value instanceof String text)) {
      return String.valueOf(value);
    }
    return PLAIN.matcher(text).matches() && !RESERVED.matcher(text).matches() ? text : quoted(text);
  }

  /** ASCII alone: PyYAML refuses some characters as they are. */
  private static String quoted(String text) {
    StringBuilder quoted = new StringBuilder("\"");
    text.codePoints()
        .forEach(
            c -> {
              if (c == '"' || c == '\\') {
                quoted.append('\\').appendCodePoint(c);
              } else if (c >= ' ' && c < 0x7f) {
                quoted.appendCodePoint(c);
              } else {
                quoted.append(String.format(c > 0xffff ? "\\U%08X" : "\\u%04X", c));
              }
            });
    return quoted.append('"').toString();
  }
}
