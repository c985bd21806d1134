package org.sparkfinetune.data;

import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.not;

import org.apache.spark.sql.Column;

/** Columns of texts, as every part of the project takes them. */
public final class TextColumns {
  private TextColumns() {}

  /**
   * Whether a text is null, or nothing but Unicode's White_Space and the invisible U+200B and
   * U+FEFF.
   */
  public static Column isBlank(Column text) {
    return coalesce(not(text.rlike("(?U)[^\\s\\u200B\\uFEFF]")), lit(true));
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
