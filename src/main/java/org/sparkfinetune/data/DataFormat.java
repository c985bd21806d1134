package org.sparkfinetune.data;

import java.nio.charset.Charset;
import java.nio.charset.IllegalCharsetNameException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.sparkfinetune.UserException;
import org.sparkfinetune.config.Key;
import org.sparkfinetune.text.Nearest;
import org.sparkfinetune.text.OneLine;

/**
 * What rows are stored as.
 *
 * @param separator empty for the one that a file's ending tells
 * @param quote empty when no field is quoted
 */
public record DataFormat(
    @Key(
            doc =
                "Format of the rows: csv (with a header), json (one object a line), parquet, delta"
                    + " and iceberg (where Spark has their jar), table, or auto (by file ending;"
                    + " a folder with _delta_log is delta; a name that is no path but a table is a"
                    + " table).",
            defaultValue = "auto",
            choices = {"auto", "csv", "json", "parquet", "delta", "iceberg", "table"})
        String format,
    @Key(
            doc =
                "CSV: what stands between two fields, such as ; or tab. When not set, a tab in"
                    + " files that end with .tsv and a comma in others.",
            defaultValue = "",
            verbatim = true)
        String separator,
    @Key(
            doc =
                "CSV: the character around fields that hold separators or line breaks. When empty,"
                    + " no field is quoted.",
            defaultValue = "\"")
        String quote,
    @Key(
            doc =
                "CSV: what stands before a quote within a quoted field: a quote, as RFC 4180 has"
                    + " it, or \\, as Spark writes it.",
            defaultValue = "\"")
        String escape,
    @Key(
            doc = "The encoding of CSV and JSON files, such as ISO-8859-1, windows-1252 or UTF-16.",
            defaultValue = "UTF-8")
        String encoding) {

  /** What an ending tells of CSV with tabs between its fields. */
  static final String TSV = "tsv";

  /** The endings, as messages have them. */
  static final String ENDINGS = ".csv, .tsv, .json, .jsonl, .ndjson, .parquet";

  /** The formats that files' endings tell. */
  private static final Map<String, String> BY_ENDING =
      Map.of(
          "csv", "csv",
          "tsv", TSV,
          "tab", TSV,
          "json", "json",
          "jsonl", "json",
          "ndjson", "json",
          "parquet", "parquet");

  private static final List<String> COMPRESSIONS =
      List.of(".gz", ".bz2", ".zst", ".lz4", ".snappy", ".deflate");

  private static final String AUTO = "auto";
  private static final String RFC_QUOTE = "\"";

  /**
   * Checks the values, takes {@code tab} and {@code \t} for a tab, and a quote that stands before
   * quotes for the one that is set.
   *
   * @throws UserException when a value cannot be, or two contradict each other
   */
  public DataFormat {
    if (separator.equals("\\t") || separator.equalsIgnoreCase("tab")) {
      separator = "\t";
    }
    if (separator.chars().anyMatch(c -> c == '\n' || c == '\r' || c == '\\')
        || !quote.isEmpty() && separator.contains(quote)) {
      throw new UserException(
          "data.separator=%s is not allowed: expected what stands between two fields, such as ; or"
                  .formatted(shown(separator))
              + " tab, without quotes, backslashes and line breaks");
    }
    if (quote.length() > 1) {
      throw new UserException(
          "data.quote=%s is not allowed: expected one character, or nothing"
              .formatted(shown(quote)));
    }
    if (escape.equals(RFC_QUOTE) && !quote.isEmpty()) {
      // A quote, whichever that is.
      escape = quote;
    }
    if (escape.length() != 1 || separator.contains(escape)) {
      throw new UserException(
          "data.escape=%s is not allowed: expected one character, \" or \\, that is not in the"
                  .formatted(shown(escape))
              + " separator");
    }
    if (quote.isEmpty() && !escape.equals(RFC_QUOTE)) {
      throw new UserException(
          "data.escape=%s means nothing where no field is quoted (data.quote is empty): leave it out"
              .formatted(shown(escape)));
    }
    requireCharset(encoding);
  }

  /** RFC 4180 in UTF-8, where files are CSV. */
  public static DataFormat of(String format) {
    return new DataFormat(format, "", RFC_QUOTE, RFC_QUOTE, "UTF-8");
  }

  /** The format that a file's ending tells, or {@link #TSV}; empty when it tells none. */
  static String byEnding(String fileName) {
    String name = fileName.toLowerCase(Locale.ROOT);
    for (String compression : COMPRESSIONS) {
      if (name.endsWith(compression)) {
        name = name.substring(0, name.length() - compression.length());
        break;
      }
    }
    return BY_ENDING.getOrDefault(name.substring(name.lastIndexOf('.') + 1), "");
  }

  /** The same with another format. */
  DataFormat as(String other) {
    return new DataFormat(other, separator, quote, escape, encoding);
  }

  /** The same with a separator, where none is set. */
  DataFormat orSeparator(String other) {
    return separator.isEmpty() ? new DataFormat(format, other, quote, escape, encoding) : this;
  }

  /** The same with another escape. */
  DataFormat withEscape(String other) {
    return new DataFormat(format, separator, quote, other, encoding);
  }

  /**
   * Refuses settings that mean nothing to any of the rows that they were given for, which were
   * meant to be read otherwise then.
   *
   * @param sources the formats of what the settings were given for, by the key that names it
   * @throws UserException when none of the sources is of a format that a setting is for
   */
  void requireUsed(Map<String, String> sources) {
    boolean anyCsv = sources.containsValue("csv");
    boolean anyText = anyCsv || sources.containsValue("json");
    if (!anyCsv) {
      requireUnset("separator", separator, separator.isEmpty(), "CSV", sources);
      requireUnset("quote", quote, quote.equals(RFC_QUOTE), "CSV", sources);
      requireUnset("escape", escape, escape.equals(RFC_QUOTE), "CSV", sources);
    }
    if (!anyText) {
      boolean isDefault = charset().equals(StandardCharsets.UTF_8);
      requireUnset("encoding", encoding, isDefault, "CSV or JSON", sources);
    }
  }

  private static void requireUnset(
      String key, String value, boolean isUnset, String formats, Map<String, String> sources) {
    if (!isUnset) {
      throw new UserException(
          "data.%s=%s means nothing to rows that are not %s (%s): leave it out"
              .formatted(
                  key,
                  shown(value),
                  formats,
                  sources.entrySet().stream()
                      .map(source -> source.getKey() + ": " + source.getValue())
                      .collect(Collectors.joining(", "))));
    }
  }

  boolean isAuto() {
    return format.equals(AUTO);
  }

  Charset charset() {
    return Charset.forName(encoding);
  }

  /** A separator as a user would set it. */
  static String shown(String value) {
    return value.equals("\t") ? "tab" : OneLine.of(value);
  }

  private static void requireCharset(String name) {
    boolean known;
    try {
      known = Charset.isSupported(name);
    } catch (IllegalCharsetNameException e) {
      known = false;
    }
    if (!known) {
      String nearest =
          Nearest.of(
              name.toUpperCase(Locale.ROOT),
              Charset.availableCharsets().keySet().stream()
                  .map(charset -> charset.toUpperCase(Locale.ROOT))
                  .toList());
      throw new UserException(
          "data.encoding=%s is not allowed: Java knows no such encoding; did you mean %s?"
              .formatted(OneLine.of(name), Charset.forName(nearest).name()));
    }
  }
}
