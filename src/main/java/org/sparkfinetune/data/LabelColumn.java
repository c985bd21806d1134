package org.sparkfinetune.data;

import static org.apache.spark.sql.functions.array;
import static org.apache.spark.sql.functions.array_distinct;
import static org.apache.spark.sql.functions.array_sort;
import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.element_at;
import static org.apache.spark.sql.functions.exists;
import static org.apache.spark.sql.functions.filter;
import static org.apache.spark.sql.functions.floor;
import static org.apache.spark.sql.functions.forall;
import static org.apache.spark.sql.functions.isnan;
import static org.apache.spark.sql.functions.length;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.not;
import static org.apache.spark.sql.functions.regexp_replace;
import static org.apache.spark.sql.functions.size;
import static org.apache.spark.sql.functions.split;
import static org.apache.spark.sql.functions.substring;
import static org.apache.spark.sql.functions.transform;
import static org.apache.spark.sql.functions.when;

import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.BinaryType;
import org.apache.spark.sql.types.BooleanType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.DateType;
import org.apache.spark.sql.types.DecimalType;
import org.apache.spark.sql.types.NullType;
import org.apache.spark.sql.types.NumericType;
import org.apache.spark.sql.types.StringType;
import org.sparkfinetune.task.ProblemType;

/**
 * What a label column of any type means: the labels of a row, as strings.
 *
 * <p>A label is trimmed. Numbers are spelled as a CSV file has them: whole ones as such whatever
 * their type ({@code 3}, not {@code 3.0}), so that a label reads alike in every split. NaN is a
 * missing label, booleans are {@code true} and {@code false}, dates {@code 2024-12-31}.
 *
 * <p>Of multi-label data a row has a set: an array of such values, or a string of labels between
 * separators, as in {@code a|b}, or a list as text ({@link LabelLists}). Blank and missing elements
 * are left out and repeated ones merged; an empty or blank string is the empty set, and null stays
 * null, a missing label.
 */
public final class LabelColumn {
  /** A label that is longer is a text, and none of a class. */
  static final int MAX_CHARACTERS = 1000;

  private static final String REPLACEMENT = "\uFFFD";
  private static final String FRACTION = "[+-]?[0-9]*\\.[0-9]*[1-9][0-9]*";

  /** The elements of each row before equal ones are merged; of one label, that one. */
  private final Column elements;

  private final ProblemType problemType;

  /** Whether a row's string is a list as text. */
  private final Column list;

  /** Whether elements that are fractions are none of labels. */
  private final Column vector;

  /** Whether a row has a number that stands for no label. */
  private final Column unnamed;

  private LabelColumn(
      Column elements, ProblemType problemType, Column list, Column vector, Column unnamed) {
    this.elements = elements;
    this.problemType = problemType;
    this.list = list;
    this.vector = vector;
    this.unnamed = unnamed;
  }

  /** Whether a column of this type holds several labels a row. */
  static boolean isArray(DataType type) {
    return type instanceof ArrayType array && isValue(array.elementType());
  }

  private static boolean isValue(DataType type) {
    return type instanceof StringType
        || type instanceof NumericType
        || type instanceof BooleanType
        || type instanceof DateType
        || type instanceof NullType;
  }

  /**
   * What is expected instead of a column of this type; empty when it can hold labels.
   *
   * @param problemSetting the setting that says that rows have sets of labels
   */
  public static Optional<String> expectedInsteadOf(
      DataType type, ProblemType problemType, String separator, String problemSetting) {
    if (isValue(type) || problemType.task().hasLabelSets() && isArray(type)) {
      return Optional.empty();
    }
    if (problemType.task().hasLabelSets()) {
      return Optional.of(
          "expected an array of strings or numbers, or a string such as a" + separator + "b");
    }
    String hint =
        isArray(type)
            ? "; for sets of labels set " + problemSetting + "=multi_label_classification"
            : type instanceof BinaryType ? binaryHint() : "";
    return Optional.of("expected string, number, boolean or date" + hint);
  }

  /** What to do about strings that Parquet files do not mark as such. */
  static String binaryHint() {
    return " (strings that a Parquet file does not mark as such are read with --conf"
        + " spark.sql.parquet.binaryAsString=true)";
  }

  /**
   * A column as labels.
   *
   * @param type the column's type, one that {@link #expectedInsteadOf} has nothing against
   * @param separator taken literally; does not apply to arrays
   */
  public static LabelColumn of(
      Column column, DataType type, ProblemType problemType, String separator) {
    Column no = lit(false);
    if (!problemType.task().hasLabelSets()) {
      Column label = spelled(column, type);
      return new LabelColumn(when(label.notEqual(""), array(label)), problemType, no, no, no);
    }
    if (type instanceof ArrayType array) {
      DataType element = array.elementType();
      Column elements = present(transform(column, value -> spelled(value, element)));
      boolean floating = element instanceof NumericType && isFractional(element);
      Column vector = floating ? exists(elements, e -> e.rlike("^" + FRACTION + "$")) : no;
      return new LabelColumn(elements, problemType, no, vector, no);
    }
    Column string = spelled(column, type);
    Column parsed = LabelLists.PARSE.apply(string);
    Column pieces = coalesce(parsed, split(string, Pattern.quote(separator), -1));
    Column elements = present(transform(pieces, TextColumns::trimmed));
    Column list = parsed.isNotNull();
    return new LabelColumn(
        elements,
        problemType,
        list,
        list.and(string.rlike("^.\\s*" + FRACTION + "\\s*[,\\s\\])}]")),
        no);
  }

  private static Column present(Column elements) {
    return filter(elements, label -> label.isNotNull().and(label.notEqual("")));
  }

  private static boolean isFractional(DataType type) {
    return type.equals(DataTypes.DoubleType)
        || type.equals(DataTypes.FloatType)
        || type instanceof DecimalType;
  }

  private static Column spelled(Column value, DataType type) {
    Column string = value.cast(DataTypes.StringType);
    if (!isFractional(type)) {
      return type instanceof StringType ? TextColumns.trimmed(string) : string;
    }
    Column whole = value.equalTo(floor(value)).and(value.between(-1e15, 1e15));
    boolean decimal = type instanceof DecimalType;
    Column plain =
        when(whole, value.cast(DataTypes.LongType).cast(DataTypes.StringType))
            .otherwise(decimal ? regexp_replace(string, "(\\.[0-9]*[1-9])0+$", "$1") : string);
    return decimal ? plain : when(not(isnan(value)), plain);
  }

  /** The same, of which null stands for the empty string, as in a CSV file. */
  LabelColumn withNullAsEmptySet() {
    return with(coalesce(elements, array().cast("array<string>")));
  }

  /**
   * The same, of which numbers stand for names: 0 for the first. A negative number is a missing
   * label.
   */
  LabelColumn named(List<String> names) {
    Column known = lit(names.toArray(String[]::new));
    Column labels = filter(elements, id -> not(id.rlike("^-[0-9]+$")));
    Column named =
        transform(
            labels,
            id -> when(isIndex(id, names.size()), element_at(known, place(id))).otherwise(id));
    Column given = problemType.task().hasLabelSets() ? named : when(size(labels).gt(0), named);
    return new LabelColumn(
        given, problemType, list, vector, exists(labels, id -> not(isIndex(id, names.size()))));
  }

  private static Column isIndex(Column id, int size) {
    return id.rlike("^[0-9]{1,9}$").and(id.cast(DataTypes.LongType).lt(size));
  }

  private static Column place(Column id) {
    return id.cast(DataTypes.IntegerType).plus(1);
  }

  private LabelColumn with(Column changed) {
    return new LabelColumn(changed, problemType, list, vector, unnamed);
  }

  /** The labels of each row, a sorted array of different strings; null where they are missing. */
  public Column labels() {
    return array_sort(
        array_distinct(transform(elements, label -> substring(label, 1, MAX_CHARACTERS))));
  }

  /** Whether a row's labels are a list that was written as text. */
  Column isList() {
    return list;
  }

  /**
   * The code of the {@link RejectReason} for which a row's labels cannot be meant; null where they
   * can.
   */
  public Column fault() {
    Column repeated = size(elements).gt(size(array_distinct(elements)));
    Column bits = forall(elements, label -> label.isin("0", "1", "true", "false"));
    return when(unnamed, RejectReason.UNNAMED_LABEL.code())
        .when(vector.or(repeated.and(bits)), RejectReason.VECTOR_LABEL.code())
        .when(
            exists(elements, label -> label.contains(REPLACEMENT)),
            RejectReason.DAMAGED_LABEL.code())
        .when(
            exists(elements, label -> length(label).gt(MAX_CHARACTERS)),
            RejectReason.LONG_LABEL.code());
  }
}
