package org.sparkfinetune.data;

import static org.apache.spark.sql.functions.expr;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.BinaryType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.NumericType;
import org.apache.spark.sql.types.StringType;
import org.apache.spark.sql.types.StructField;
import org.sparkfinetune.UserException;
import org.sparkfinetune.task.ProblemType;
import org.sparkfinetune.text.OneLine;

/** The columns of rows as read that are used: text, label and weight. */
final class InputColumns {
  private InputColumns() {}

  /**
   * A text column as it is.
   *
   * @param key {@code data.text_column} or {@code data.text_pair_column}
   */
  static Column text(Dataset<Row> rows, String key, String name, String location) {
    StructField field = field(rows, key, name, location);
    DataType type = field.dataType();
    if (!(type instanceof StringType)) {
      throw new UserException(
          "%s=%s: in %s this column is of type %s: expected string%s"
              .formatted(
                  key,
                  name,
                  location,
                  type.catalogString(),
                  type instanceof BinaryType ? LabelColumn.binaryHint() : ""));
    }
    return column(rows, field);
  }

  /** The label column, of any type that {@link LabelColumn} takes. */
  static StructField label(
      Dataset<Row> rows, DataArguments arguments, ProblemType problemType, String location) {
    String name = arguments.labelColumn();
    StructField field = field(rows, "data.label_column", name, location);
    DataType type = field.dataType();
    LabelColumn.expectedInsteadOf(
            type, problemType, arguments.labelSeparator(), "model.problem_type")
        .ifPresent(
            expected -> {
              throw new UserException(
                  "data.label_column=%s: in %s this column is of type %s: %s"
                      .formatted(name, location, type.catalogString(), expected));
            });
    return field;
  }

  /**
   * The column of weights, as doubles; null where text is no number.
   *
   * @throws UserException also when it is text or label, or of a type that is neither number nor
   *     text
   */
  static Column weight(Dataset<Row> rows, DataArguments arguments, String name, String location) {
    StructField field = field(rows, "data.weight_column", name, location);
    Map<String, String> others = new LinkedHashMap<>();
    others.put("data.text_column", arguments.textColumn());
    others.put("data.text_pair_column", arguments.textPairColumn());
    others.put("data.label_column", arguments.labelColumn());
    others.forEach(
        (key, other) -> {
          if (folded(rows, other).equals(folded(rows, name))) {
            throw new UserException(
                "data.weight_column=%s: this is %s: expected a column of weights"
                    .formatted(name, key));
          }
        });
    DataType type = field.dataType();
    if (type instanceof StringType) {
      // CSV has no other type. A cast alone may throw, by Spark's ANSI mode.
      return expr("try_cast(%s as double)".formatted(TextColumns.quoted(field.name())));
    }
    if (!(type instanceof NumericType)) {
      throw new UserException(
          "data.weight_column=%s: in %s this column is of type %s: expected numbers, 0 or greater"
              .formatted(name, location, type.catalogString()));
    }
    return column(rows, field).cast("double");
  }

  /** The values of a column. */
  static Column column(Dataset<Row> rows, StructField field) {
    return rows.col(TextColumns.quoted(field.name()));
  }

  /**
   * Checks that Spark can tell all columns apart, which it does not by case unless {@code
   * spark.sql.caseSensitive} is set.
   */
  static void requireDistinct(Dataset<Row> rows, String location) {
    Arrays.stream(rows.columns())
        .collect(
            Collectors.groupingBy(name -> folded(rows, name), TreeMap::new, Collectors.toList()))
        .values()
        .stream()
        .filter(names -> names.size() > 1)
        .findFirst()
        .ifPresent(
            names -> {
              throw new UserException(location + " has " + alike(names));
            });
  }

  /**
   * The column of a name, in the case in which it is written there.
   *
   * @throws UserException when there is none, or more than one
   */
  static StructField field(Dataset<Row> rows, String key, String name, String location) {
    List<StructField> found =
        Arrays.stream(rows.schema().fields())
            .filter(field -> folded(rows, field.name()).equals(folded(rows, name)))
            .toList();
    if (found.size() > 1) {
      throw new UserException(
          "%s=%s: %s has %s"
              .formatted(
                  key, name, location, alike(found.stream().map(StructField::name).toList())));
    }
    if (found.isEmpty()) {
      throw new UserException(
          "%s=%s: no such column in %s; it has: %s%s"
              .formatted(
                  key,
                  name,
                  location,
                  OneLine.of(
                      String.join(
                          ", ",
                          Arrays.stream(rows.columns())
                              .filter(column -> !column.equals(DataSource.MALFORMED))
                              .toList())),
                  placed(rows, name)));
    }
    return found.get(0);
  }

  /** Whether there is a column of a name. */
  static boolean has(Dataset<Row> rows, String name) {
    return Arrays.stream(rows.columns())
        .anyMatch(column -> folded(rows, column).equals(folded(rows, name)));
  }

  /** Of a name that a CSV file has twice, or in two cases, Spark makes names with their places. */
  private static String placed(Dataset<Row> rows, String name) {
    List<String> columns = List.of(rows.columns());
    List<String> placed =
        columns.stream()
            .filter(column -> column.equalsIgnoreCase(name + columns.indexOf(column)))
            .toList();
    return placed.size() < 2
        ? ""
        : " (%s: names that differ in nothing but case are told apart by their place)"
            .formatted(OneLine.of(String.join(", ", placed)));
  }

  private static String alike(List<String> names) {
    return OneLine.of(
        names.stream().distinct().count() < names.size()
            ? "the column " + names.get(0) + " more than once: rename one"
            : "columns that differ by case alone, "
                + String.join(" and ", names)
                + ": rename one, or read them with --conf spark.sql.caseSensitive=true");
  }

  private static String folded(Dataset<Row> rows, String name) {
    return Boolean.parseBoolean(rows.sparkSession().conf().get("spark.sql.caseSensitive"))
        ? name
        : name.toLowerCase(Locale.ROOT);
  }
}
