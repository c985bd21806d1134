package org.sparkfinetune.pipeline;

import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.not;
import static org.apache.spark.sql.functions.trim;
import static org.apache.spark.sql.functions.udf;
import static org.apache.spark.sql.functions.when;

import java.util.Arrays;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.api.java.UDF1;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.DoubleType;
import org.apache.spark.sql.types.FloatType;
import org.apache.spark.sql.types.NumericType;
import org.apache.spark.sql.types.StructField;
import org.apache.spark.sql.types.StructType;
import org.sparkfinetune.data.ExampleColumns;
import org.sparkfinetune.slice.Words;

/** What prepared examples have in the columns that they are sliced by. */
final class SliceColumns {
  /** A number as text; what begins with a zero, as a postal code may, is none. */
  private static final String NUMBER =
      "^[+-]?((0|[1-9][0-9]*)([.][0-9]*)?|[.][0-9]+)([eE][+-]?[0-9]{1,3})?$";

  private final StructType schema;

  /**
   * @param schema of examples
   */
  SliceColumns(StructType schema) {
    this.schema = schema;
  }

  /**
   * A value of an example's column.
   *
   * @param value a string; null for a null, an empty string and what is no number
   * @param number a double; null where the value is
   * @param isNumber whether it has a number, of columns of strings
   */
  record Value(Column value, Column number, Column isNumber) {}

  /**
   * A column's values.
   *
   * @param example where the examples' columns are: see {@link FieldOf}
   */
  Value of(String name, FieldOf example) {
    if (name.equals(ExampleColumns.LENGTH) && !isKept(name)) {
      Column length = length(example);
      return new Value(length.cast("string"), length.cast("double"), lit(true));
    }
    Column raw = example.field(ExampleColumns.ROW).getField(name);
    DataType type = type(name);
    if (type instanceof NumericType) {
      boolean floating = type instanceof DoubleType || type instanceof FloatType;
      Column known = floating ? when(not(raw.isNaN()), raw) : raw;
      return new Value(known.cast("string"), known.cast("double"), lit(true));
    }
    Column text = raw.cast("string");
    Column known = when(text.notEqual(""), text);
    return new Value(known, trim(known).cast("double"), trim(known).rlike(NUMBER));
  }

  /** Where the columns of an example are. */
  @FunctionalInterface
  interface FieldOf {
    /** One of them. */
    Column field(String name);
  }

  private boolean isKept(String name) {
    return Arrays.asList(schema.fieldNames()).contains(ExampleColumns.ROW)
        && Arrays.stream(kept().fieldNames()).anyMatch(name::equalsIgnoreCase);
  }

  private StructType kept() {
    return (StructType) schema.apply(ExampleColumns.ROW).dataType();
  }

  private DataType type(String name) {
    return Arrays.stream(kept().fields())
        .filter(field -> field.name().equalsIgnoreCase(name))
        .map(StructField::dataType)
        .findFirst()
        .orElseThrow();
  }

  boolean isPairs() {
    return Arrays.asList(schema.fieldNames()).contains(ExampleColumns.TEXT_PAIR);
  }

  private Column length(FieldOf example) {
    UDF1<String, Integer> count = text -> text == null ? 0 : Words.count(text);
    Column words = udf(count, DataTypes.IntegerType).apply(example.field(ExampleColumns.TEXT));
    return isPairs()
        ? words.plus(
            udf(count, DataTypes.IntegerType).apply(example.field(ExampleColumns.TEXT_PAIR)))
        : words;
  }
}
