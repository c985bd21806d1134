package org.sparkfinetune.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigRenderOptions;
import com.typesafe.config.ConfigUtil;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.sparkfinetune.UserException;

/**
 * How large a configuration gets when its references are resolved, found out before that is done:
 * where {@code a1=${a0}${a0}}, {@code a2=${a1}${a1}} and so on double forty times, a few lines take
 * all memory.
 *
 * <p>Sizes are counted in the library's own text of what it has parsed, includes and all, in which
 * keys and strings are quoted and values that are put over each other stand in their order. A
 * reference counts as much as all that stands at its key and below it; a reference to a value that
 * it is itself a part of counts as much as what stood there before. So the count is never too
 * small.
 */
final class HoconExpansion {
  /** Characters and values. No configuration is larger without references. */
  static final int MOST = ConfigFile.MOST_BYTES;

  private static final char BETWEEN = '\0';

  /** What stands at a key in one place, without what stands below. */
  private static final class Value {
    private final String path;
    private final int order;

    /** Keys of what it is made of. */
    private final List<String> references = new ArrayList<>();

    private long size = 1;

    /** Whether it is text or a list, which leave nothing of what they are put over. */
    private boolean isWhole;

    private boolean isOpen;
    private boolean isKnown;

    Value(String path, int order) {
      this.path = path;
      this.order = order;
    }
  }

  private final String place;
  private final String text;
  private final TreeMap<String, List<Value>> byPath = new TreeMap<>();
  private int values;
  private int at;

  private HoconExpansion(String place, String text) {
    this.place = place;
    this.text = text;
  }

  /**
   * Refuses a configuration that resolving would make large.
   *
   * @param place for messages
   * @throws UserException naming the first key of too many
   */
  static void check(String place, Config parsed) {
    if (!parsed.isResolved()) {
      ConfigRenderOptions concise = ConfigRenderOptions.concise();
      new HoconExpansion(place, parsed.root().render(concise)).check();
    }
  }

  private void check() {
    while (at < text.length()) {
      value("");
      at++;
    }
    long made = 0;
    for (List<Value> atOneKey : byPath.values()) {
      for (Value value : standing(atOneKey, Integer.MAX_VALUE)) {
        made += value.references.isEmpty() ? 0 : size(value);
        requireSmall(made, value);
      }
    }
  }

  private long size(Value value) {
    if (value.isKnown) {
      return value.size;
    }
    if (value.isOpen) {
      throw new UserException(place + ": the value of " + key(value) + " refers to itself");
    }
    value.isOpen = true;
    long size = value.size;
    for (String reference : value.references) {
      size++;
      boolean within = isPart(value.path, reference) || isPart(reference, value.path);
      for (Value part : parts(reference, within ? value.order : Integer.MAX_VALUE)) {
        size += size(part);
        requireSmall(size, value);
      }
      String variable = System.getenv(reference.replace(BETWEEN, '.'));
      size += variable == null ? 0 : variable.length();
      requireSmall(size, value);
    }
    value.size = size;
    value.isOpen = false;
    value.isKnown = true;
    return size;
  }

  /** What is at a key or below, and what stands for all that is above. */
  private List<Value> parts(String path, int before) {
    List<Value> parts = new ArrayList<>();
    for (int end = path.indexOf(BETWEEN); end >= 0; end = path.indexOf(BETWEEN, end + 1)) {
      parts.addAll(standing(byPath.getOrDefault(path.substring(0, end), List.of()), before));
    }
    parts.addAll(standing(byPath.getOrDefault(path, List.of()), before));
    Map<String, List<Value>> below = byPath.subMap(path + BETWEEN, path + (char) (BETWEEN + 1));
    below.values().forEach(atOneKey -> parts.addAll(standing(atOneKey, before)));
    return parts;
  }

  /**
   * Of values that are put over each other those that count: back to one that leaves nothing of
   * what came before, or that has it in itself.
   */
  private static List<Value> standing(List<Value> values, int before) {
    List<Value> standing = new ArrayList<>();
    for (int i = values.size() - 1; i >= 0; i--) {
      Value value = values.get(i);
      if (value.order < before) {
        standing.add(value);
        if (value.isWhole || value.references.contains(value.path)) {
          break;
        }
      }
    }
    return standing;
  }

  private static boolean isPart(String path, String whole) {
    return path.equals(whole) || path.startsWith(whole + BETWEEN);
  }

  private void requireSmall(long size, Value value) {
    if (size > MOST) {
      throw new UserException(
          String.format(
              Locale.ROOT,
              "%s: %s: its references make more of it than %,d characters: expected at most as many",
              place,
              key(value),
              MOST));
    }
  }

  private static String key(Value value) {
    return ConfigUtil.joinPath(value.path.split(String.valueOf(BETWEEN)));
  }

  /** A value of a key, to the comma or bracket behind it. */
  private void value(String path) {
    Value value = new Value(path, values++);
    byPath.computeIfAbsent(path, p -> new ArrayList<>()).add(value);
    for (int lists = 0; at < text.length(); at++) {
      char c = text.charAt(at);
      if (lists == 0 && (c == ',' || c == '}')) {
        return;
      } else if (lists == 0 && c == '{') {
        object(path);
      } else if (text.startsWith("${", at)) {
        value.references.add(reference());
      } else {
        lists += c == '[' ? 1 : c == ']' ? -1 : 0;
        value.size += c == '"' ? quoted().length() : 1;
        value.isWhole = true;
      }
    }
  }

  private void object(String path) {
    for (at++; at < text.length() && text.charAt(at) != '}'; at++) {
      if (text.charAt(at) == '"') {
        String key = ConfigUtil.splitPath(quoted()).get(0);
        at += 2; // the colon, and on to the value
        value(path.isEmpty() ? key : path + BETWEEN + key);
        at -= at < text.length() && text.charAt(at) == '}' ? 1 : 0;
      }
    }
  }

  /** A string with its quotes; ends at the last of them. */
  private String quoted() {
    int start = at;
    for (at++; at < text.length() && text.charAt(at) != '"'; at++) {
      at += text.charAt(at) == '\\' ? 1 : 0;
    }
    return text.substring(start, Math.min(text.length(), at + 1));
  }

  /** The key of a reference; ends at its brace. */
  private String reference() {
    at += text.startsWith("${?", at) ? 3 : 2;
    int start = at;
    for (; at < text.length() && text.charAt(at) != '}'; at++) {
      if (text.charAt(at) == '"') {
        quoted();
      }
    }
    List<String> path = ConfigUtil.splitPath(text.substring(start, Math.min(text.length(), at)));
    return String.join(String.valueOf(BETWEEN), path);
  }
}
