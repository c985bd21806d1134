package io.sparkfinetune.data;

import static org.apache.spark.sql.functions.array_distinct;
import static org.apache.spark.sql.functions.array_sort;
import static org.apache.spark.sql.functions.filter;
import static org.apache.spark.sql.functions.split;
import static org.apache.spark.sql.functions.transform;

import java.util.regex.Pattern;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;

/** Label sets of multi-label data: columns of sorted arrays of different strings. */
public final class LabelSets {
  private LabelSets() {}

  /** Whether a column of this type holds the labels of a row as an array. */
  public static boolean isArray(DataType type) {
    return type instanceof ArrayType array && array.elementType().equals(DataTypes.StringType);
  }

  /**
   * A column as label sets. The labels are trimmed, blank ones are left out and repeated ones
   * merged. Null, a missing label, stays null; an empty or blank string is the empty set.
   *
   * @param labels an array of strings, or a string of labels between separators, as in {@code a|b}
   * @param type the column's type
   * @param separator taken literally; does not apply to arrays
   */
  public static Column of(Column labels, DataType type, String separator) {
    Column pieces =
        isArray(type)
            ? labels
            : split(labels.cast(DataTypes.StringType), Pattern.quote(separator), -1);
    Column trimmed = transform(pieces, InputColumns::trimmed);
    return array_sort(
        array_distinct(filter(trimmed, label -> label.isNotNull().and(label.notEqual("")))));
  }
}
