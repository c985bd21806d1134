package org.sparkfinetune.data;

import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.trim;

import org.apache.spark.sql.Column;

/** Columns of texts, as every part of the project takes them. */
public final class TextColumns {
  /**
   * Unicode's White_Space, and the invisible U+200B and U+FEFF: Spark's trim knows spaces alone.
   */
  private static final String WHITESPACE =
      "\t\n\u000B\f\r \u0085\u00A0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009"
          + "\u200A\u2028\u2029\u202F\u205F\u3000\u200B\uFEFF";

  private TextColumns() {}

  /**
   * Whether a text is null, or nothing but Unicode's White_Space and the invisible U+200B and
   * U+FEFF.
   */
  public static Column isBlank(Column text) {
    return coalesce(trimmed(text).equalTo(""), lit(true));
  }

  /** Whether a string is blank in the same sense. */
  public static boolean isBlank(String text) {
    return trimmed(text).isEmpty();
  }

  /** A string without the white space at its ends, in Unicode's sense of it. */
  static Column trimmed(Column string) {
    return trim(string, WHITESPACE);
  }

  /** The same of a single string. */
  static String trimmed(String string) {
    int start = 0;
    int end = string.length();
    while (start < end && WHITESPACE.indexOf(string.charAt(start)) >= 0) {
      start++;
    }
    while (start < end && WHITESPACE.indexOf(string.charAt(end - 1)) >= 0) {
      end--;
    }
    return string.substring(start, end);
  }

  /** A column by its very name, dots and all. */
  public static Column named(String column) {
    return col(quoted(column));
  }

  /** A column's name as Spark's resolver takes it for nothing but a name. */
  static String quoted(String column) {
    return "`" + column.replace("`", "``") + "`";
  }
}
