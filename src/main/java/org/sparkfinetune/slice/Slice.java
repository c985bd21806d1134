package org.sparkfinetune.slice;

import java.io.Serializable;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import org.sparkfinetune.PublicApi;

/**
 * A part of the rows: those whose column has a value, or one of several.
 *
 * @param column as the rows have it, or {@code length}
 * @param value as it is shown: the value itself, or the bin it is in, as {@code (5, 9]}
 * @param kind what {@code value} stands for
 */
@PublicApi
public record Slice(String column, String value, Kind kind) implements Serializable {
  /** What the value of a slice stands for. */
  public enum Kind {
    /** All rows. */
    ALL,
    /** One value. */
    VALUE,
    /** Numbers from one to another. */
    BIN,
    /** The rows without a value. */
    MISSING,
    /** The values with fewer rows than those that are slices of their own. */
    OTHER
  }

  /** All rows. */
  public static final Slice ALL = new Slice("", "all rows", Kind.ALL);

  /** Its name, as in {@code country=de}, {@code length=(5, 9]} or {@code country is missing}. */
  public String name() {
    return switch (kind) {
      case ALL -> value;
      case VALUE, BIN -> column + "=" + value;
      case MISSING, OTHER -> column + " is " + value;
    };
  }

  /** What a file has of it, by name; figures of its rows may be added. */
  Map<String, Object> toMap() {
    Map<String, Object> map = new LinkedHashMap<>();
    map.put("slice", name());
    map.put("column", column);
    map.put("value", value);
    map.put("kind", kind.name().toLowerCase(Locale.ROOT));
    return map;
  }
}
