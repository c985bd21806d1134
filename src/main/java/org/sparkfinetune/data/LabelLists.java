package org.sparkfinetune.data;

import static org.apache.spark.sql.functions.udf;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.spark.sql.api.java.UDF1;
import org.apache.spark.sql.expressions.UserDefinedFunction;
import org.apache.spark.sql.types.DataTypes;

/**
 * Lists that were written as text, as pandas writes a column of lists to a CSV file.
 *
 * <p>Known are JSON's arrays ({@code ["a", "b"]}), Python's lists, tuples and sets ({@code ['a',
 * 'b']}, {@code ('a',)}, {@code set()}) and NumPy's arrays, which have no commas ({@code ['a'
 * 'b']}), of strings in quotes, numbers, booleans and missing values. What has words without quotes
 * in it is no such list: {@code [draft]} is a label.
 */
final class LabelLists {
  /** A Spark function from a string to the labels of its list; null where it is none. */
  static final UserDefinedFunction PARSE =
      udf(
          (UDF1<String, String[]>) LabelLists::parse,
          DataTypes.createArrayType(DataTypes.StringType));

  private static final String PAIRS = "[](){}";

  /** {@code np.str_('a')}, as NumPy 2 writes a value inside a list. */
  private static final Pattern WRAPPER = Pattern.compile("np\\.\\w+\\(");

  private static final Pattern WORD =
      Pattern.compile("[+-]?(?:[0-9]+\\.?[0-9]*|\\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?|[A-Za-z]+");

  private final String text;
  private int at;

  private LabelLists(String text) {
    this.text = text;
  }

  /** Whether a text is a list of strings, numbers, booleans and missing values. */
  static boolean isList(String text) {
    return parse(text) != null;
  }

  /**
   * The elements of a list; those that are missing ({@code None}, {@code null}, {@code nan}) are
   * null, whole numbers are written without a point.
   *
   * @param text null gives null
   * @return null when it is no list
   */
  static String[] parse(String text) {
    if (text == null) {
      return null;
    }
    String stripped = text.strip();
    if (stripped.equals("set()")) {
      return new String[0];
    }
    int pair = stripped.isEmpty() ? -1 : PAIRS.indexOf(stripped.charAt(0));
    boolean closed =
        pair >= 0
            && pair % 2 == 0
            && stripped.length() > 1
            && stripped.charAt(stripped.length() - 1) == PAIRS.charAt(pair + 1);
    // A tuple of one has a comma too; (1) is a label.
    boolean tuple = !stripped.startsWith("(") || stripped.equals("()") || stripped.contains(",");
    return closed && tuple
        ? new LabelLists(stripped.substring(1, stripped.length() - 1)).elements()
        : null;
  }

  private String[] elements() {
    List<String> elements = new ArrayList<>();
    skipSpace();
    while (at < text.length()) {
      if (!element(elements)) {
        return null;
      }
      int end = at;
      skipSpace();
      if (at < text.length() && text.charAt(at) == ',') {
        at++;
        skipSpace();
      } else if (at < text.length() && at == end) {
        return null; // 'a''b' and 'a'b are no two elements
      }
    }
    return elements.toArray(String[]::new);
  }

  private boolean element(List<String> elements) {
    Matcher wrapper = WRAPPER.matcher(text).region(at, text.length());
    boolean wrapped = wrapper.lookingAt();
    at = wrapped ? wrapper.end() : at;
    boolean read = at < text.length() && (isQuoted() ? quoted(elements) : word(elements));
    if (read && wrapped) {
      read = at < text.length() && text.charAt(at++) == ')';
    }
    return read;
  }

  private boolean isQuoted() {
    // u'a' is what Python 2 wrote, b'a' are bytes.
    boolean prefixed = "ub".indexOf(text.charAt(at)) >= 0 && at + 1 < text.length();
    int quote = prefixed ? at + 1 : at;
    boolean quoted = text.charAt(quote) == '\'' || text.charAt(quote) == '"';
    at = quoted ? quote : at;
    return quoted;
  }

  private boolean quoted(List<String> elements) {
    char quote = text.charAt(at++);
    StringBuilder element = new StringBuilder();
    while (at < text.length() && text.charAt(at) != quote) {
      char c = text.charAt(at++);
      int unescaped = c == '\\' ? escape() : c;
      if (unescaped < 0) {
        return false;
      }
      element.appendCodePoint(unescaped);
    }
    elements.add(element.toString());
    return at++ < text.length();
  }

  /** The character behind a backslash; -1 when neither Python nor JSON writes such a one. */
  private int escape() {
    if (at == text.length()) {
      return -1;
    }
    char c = text.charAt(at++);
    return switch (c) {
      case '\\', '\'', '"', '/' -> c;
      case 'n' -> '\n';
      case 't' -> '\t';
      case 'r' -> '\r';
      case 'b' -> '\b';
      case 'f' -> '\f';
      case 'x' -> hexadecimal(2);
      case 'u' -> hexadecimal(4);
      case 'U' -> hexadecimal(8);
      default -> -1;
    };
  }

  private int hexadecimal(int digits) {
    int end = at + digits;
    if (end > text.length() || !text.substring(at, end).matches("[0-9a-fA-F]+")) {
      return -1;
    }
    long code = Long.parseLong(text.substring(at, end), 16);
    at = end;
    return code <= Character.MAX_CODE_POINT ? (int) code : -1;
  }

  private boolean word(List<String> elements) {
    Matcher word = WORD.matcher(text).region(at, text.length());
    if (!word.lookingAt()) {
      return false;
    }
    at = word.end();
    String found = word.group();
    switch (found) {
      case "None", "null", "nan", "NaN" -> elements.add(null);
      case "True", "true" -> elements.add("true");
      case "False", "false" -> elements.add("false");
      default -> {
        if (Character.isLetter(found.charAt(0))) {
          return false;
        }
        elements.add(number(found));
      }
    }
    return true;
  }

  private static String number(String digits) {
    if (digits.matches("[+-]?[0-9]+")) {
      return digits;
    }
    BigDecimal value = new BigDecimal(digits);
    boolean whole = value.signum() == 0 || value.stripTrailingZeros().scale() <= 0;
    return whole && value.abs().compareTo(BigDecimal.valueOf(1e15)) <= 0
        ? value.toBigInteger().toString()
        : digits;
  }

  private void skipSpace() {
    while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
      at++;
    }
  }
}
