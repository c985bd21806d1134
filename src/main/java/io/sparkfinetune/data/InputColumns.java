package io.sparkfinetune.data;

import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.floor;
import static org.apache.spark.sql.functions.isnan;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.trim;
import static org.apache.spark.sql.functions.when;

import io.sparkfinetune.UserException;
import io.sparkfinetune.config.OneLine;
import java.util.Arrays;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.BinaryType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.DecimalType;
import org.apache.spark.sql.types.MapType;
import org.apache.spark.sql.types.StringType;
import org.apache.spark.sql.types.StructType;

/** The text and label columns of rows as read, as expressions of type string. */
final class InputColumns {
  /**
   * Unicode's White_Space, and the invisible U+200B and U+FEFF: Spark's trim knows spaces alone.
   */
  private static final String WHITESPACE =
      "\t\n\u000B\f\r \u0085\u00A0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009"
          + "\u200A\u2028\u2029\u202F\u205F\u3000\u200B\uFEFF";

  private InputColumns() {}

  /**
   * A text column as it is.
   *
   * @param key {@code data.text_column} or {@code data.text_pair_column}
   */
  static Column text(Dataset<Row> rows, String key, String name, String location) {
    Column column = column(rows, key, name, location);
    DataType type = rows.schema().apply(name).dataType();
    if (!(type instanceof StringType)) {
      throw new UserException(
          "%s=%s: in %s this column is of type %s: expected string"
              .formatted(key, name, location, type.catalogString()));
    }
    return column;
  }

  /**
   * The label column, trimmed. Whole numbers are written as such whatever their type ({@code 3},
   * not {@code 3.0}), so that a label reads alike in every split; NaN is null.
   */
  static Column label(Dataset<Row> rows, String name, String location) {
    Column column = column(rows, "data.label_column", name, location);
    DataType type = rows.schema().apply(name).dataType();
    if (type instanceof ArrayType
        || type instanceof StructType
        || type instanceof MapType
        || type instanceof BinaryType) {
      throw new UserException(
          "data.label_column=%s: in %s this column is of type %s: expected string or number%s"
              .formatted(
                  name,
                  location,
                  type.catalogString(),
                  LabelSets.isArray(type)
                      ? "; for sets of labels set model.problem_type=multi_label_classification"
                      : ""));
    }
    boolean floating = type.equals(DataTypes.DoubleType) || type.equals(DataTypes.FloatType);
    if (floating || type instanceof DecimalType) {
      Column whole = column.equalTo(floor(column)).and(column.between(-1e15, 1e15));
      Column plain =
          when(whole, column.cast(DataTypes.LongType).cast(DataTypes.StringType))
              .otherwise(column.cast(DataTypes.StringType));
      return floating ? when(isnan(column).equalTo(false), plain) : plain;
    }
    return trimmed(column.cast(DataTypes.StringType));
  }

  /**
   * The label column as label sets: an array of strings, or what {@link #label} takes, split.
   *
   * @param nullIsEmpty whether a null stands for the empty string, as in CSV
   */
  static Column labelSet(
      Dataset<Row> rows, String name, String separator, boolean nullIsEmpty, String location) {
    Column column = column(rows, "data.label_column", name, location);
    DataType type = rows.schema().apply(name).dataType();
    if (type instanceof ArrayType && !LabelSets.isArray(type)) {
      throw new UserException(
          ("data.label_column=%s: in %s this column is of type %s: expected an array of strings, or"
                  + " a string such as a%sb")
              .formatted(name, location, type.catalogString(), separator));
    }
    if (LabelSets.isArray(type)) {
      return LabelSets.of(column, type, separator);
    }
    Column label = label(rows, name, location);
    return LabelSets.of(
        nullIsEmpty ? coalesce(label, lit("")) : label, DataTypes.StringType, separator);
  }

  /** A string without the white space at its ends, in Unicode's sense of it. */
  static Column trimmed(Column string) {
    return trim(string, WHITESPACE);
  }

  /** Whether a string is null or holds nothing but white space. */
  static Column blank(Column string) {
    return string.isNull().or(trimmed(string).equalTo(""));
  }

  private static Column column(Dataset<Row> rows, String key, String name, String location) {
    if (!Arrays.asList(rows.columns()).contains(name)) {
      throw new UserException(
          "%s=%s: no such column in %s; it has: %s"
              .formatted(
                  key,
                  name,
                  location,
                  OneLine.of(
                      String.join(
                          ", ",
                          Arrays.stream(rows.columns())
                              .filter(column -> !column.equals(DatasetReader.MALFORMED))
                              .toList()))));
    }
    return rows.col(TextColumns.quoted(name));
  }
}
