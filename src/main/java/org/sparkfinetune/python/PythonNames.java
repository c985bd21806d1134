package org.sparkfinetune.python;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.sparkfinetune.config.Schema;

/** Names, strings and docstrings as Python has them. */
final class PythonNames {
  private static final Set<String> KEYWORDS =
      Set.of(
          "and", "as", "class", "def", "del", "except", "from", "global", "import", "in", "is",
          "lambda", "none", "not", "or", "pass", "raise", "with", "yield");
  private static final int WIDTH = 92;

  private PythonNames() {}

  /** A name that Python lets one use: {@code in} becomes {@code in_}. */
  static String safe(String name) {
    return KEYWORDS.contains(name) ? name + "_" : name;
  }

  /** {@code logHistory} becomes {@code log_history}. */
  static String snake(String camelCase) {
    return safe(Schema.snakeCase(camelCase));
  }

  /**
   * {@code learning_rate} becomes {@code LearningRate}, {@code labelColumn} {@code LabelColumn}.
   */
  static String capitalized(String name) {
    StringBuilder out = new StringBuilder();
    for (String part : name.split("_")) {
      out.append(part.substring(0, 1).toUpperCase(Locale.ROOT)).append(part.substring(1));
    }
    return out.toString();
  }

  /** A string of Python's. */
  static String quoted(String text) {
    return "\""
        + text.replace("\\", "\\\\").replace("\"", "\\\"").replace("\n", "\\n").replace("\t", "\\t")
        + "\"";
  }

  /** A docstring with its indent, of paragraphs. */
  static String docstring(String text, String indent) {
    List<String> lines = new ArrayList<>();
    for (String paragraph : text.strip().split("\n")) {
      lines.addAll(wrapped(paragraph, WIDTH - indent.length()));
    }
    String body =
        String.join("\n" + indent, lines)
            .replace("\\", "\\\\")
            .replace("\"\"\"", "'''")
            .replace("\n" + indent + "\n", "\n\n");
    String end = lines.size() > 1 ? "\n" + indent : body.endsWith("\"") ? " " : "";
    return indent + "\"\"\"" + body + end + "\"\"\"\n";
  }

  private static List<String> wrapped(String line, int width) {
    String indent = line.substring(0, line.length() - line.stripLeading().length());
    List<String> lines = new ArrayList<>();
    StringBuilder current = new StringBuilder(indent);
    for (String word : line.strip().split(" +")) {
      if (current.length() > indent.length() && current.length() + 1 + word.length() > width) {
        lines.add(current.toString());
        current = new StringBuilder(indent);
      }
      current.append(current.length() > indent.length() ? " " : "").append(word);
    }
    lines.add(current.toString().stripTrailing());
    return lines;
  }
}
