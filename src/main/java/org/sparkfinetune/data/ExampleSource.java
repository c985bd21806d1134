package org.sparkfinetune.data;

import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.monotonically_increasing_id;
import static org.apache.spark.sql.functions.struct;
import static org.apache.spark.sql.functions.when;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.StructField;
import org.sparkfinetune.UserException;
import org.sparkfinetune.task.ProblemType;

/**
 * Rows of one place in the columns that {@link DatasetPreparation} works with.
 *
 * @param rows {@code split}, {@code reason} (why a row cannot be used; null where it can), {@code
 *     text}, {@code text_pair} (of pairs alone), {@code labels}, {@link #LISTED} and, where one is
 *     named, {@link ExampleColumns#WEIGHT}, null outside of the training rows
 * @param separated whether several labels of a row are one string, between separators
 * @param note what should be known of how it was read; empty when nothing
 */
record ExampleSource(Dataset<Row> rows, boolean separated, Optional<String> note) {
  /** Boolean: whether the labels of a row were a list as text. */
  static final String LISTED = "listed";

  /**
   * Reads a source.
   *
   * @param location where it is, as it was given
   * @param warnings what is added to when something is odd, but can be worked with
   * @param whole whether each row is kept as it was read, in {@link ExampleColumns#ROW} and {@link
   *     ExampleColumns#ID}
   * @param kept columns that are kept in {@link ExampleColumns#ROW}, where {@code whole} is not set
   * @throws UserException that names the key, when rows cannot be read or a column is missing
   */
  static ExampleSource read(
      SparkSession session,
      String split,
      String location,
      DataSource source,
      DataArguments arguments,
      ProblemType problemType,
      List<String> warnings,
      boolean whole,
      KeptColumns kept) {
    try {
      ColumnNeeds needs = arguments.labeledColumns().and(kept.names());
      Dataset<Row> rows =
          DatasetReader.read(
              session, source, whole ? new ColumnNeeds(true, needs.every()) : needs, warnings::add);
      Column text = InputColumns.text(rows, "data.text_column", arguments.textColumn(), location);
      Optional<Column> pair =
          arguments
              .textPair()
              .map(name -> InputColumns.text(rows, "data.text_pair_column", name, location));
      StructField field = InputColumns.label(rows, arguments, problemType, location);
      LabelColumn label =
          LabelColumn.of(
              InputColumns.column(rows, field),
              field.dataType(),
              problemType,
              arguments.labelSeparator());
      if (problemType.task().hasLabelSets() && source.isOf("csv")) {
        label = label.withNullAsEmptySet();
      }
      Optional<ClassLabels> names = ClassLabels.of(session, source, rows, field);
      if (names.isPresent()) {
        label = label.named(names.get().names());
      }
      // Elsewhere a column of this name is the user's own.
      Column malformed =
          source.isText() && Arrays.asList(rows.columns()).contains(DatasetReader.MALFORMED)
              ? rows.col(DatasetReader.MALFORMED)
              : lit(null).cast("string");
      Optional<Column> weight =
          arguments
              .weight()
              .filter(name -> split.equals(Split.TRAIN))
              .map(name -> InputColumns.weight(rows, arguments, name, location));
      List<Column> columns = new ArrayList<>();
      columns.add(lit(split).as("split"));
      columns.add(
          when(malformed.isNotNull(), RejectReason.MALFORMED_ROW.code())
              .otherwise(
                  coalesce(
                      RejectReason.of(text, pair, label.labels(), label.fault()),
                      issue(rows, split, arguments, location),
                      weight.map(RejectReason::ofWeight).orElse(lit(null))))
              .as("reason"));
      columns.add(coalesce(malformed, text).as("text"));
      pair.ifPresent(second -> columns.add(second.as(ExampleColumns.TEXT_PAIR)));
      columns.add(when(malformed.isNull(), label.labels()).as("labels"));
      columns.add(malformed.isNull().and(label.isList()).as(LISTED));
      if (arguments.weight().isPresent()) {
        columns.add(weight.orElse(lit(null).cast("double")).as(ExampleColumns.WEIGHT));
      }
      if (whole) {
        InputColumns.requireDistinct(rows, location);
        Column[] own =
            Arrays.stream(rows.columns())
                .filter(name -> !(source.isText() && name.equals(DatasetReader.MALFORMED)))
                .map(TextColumns::named)
                .toArray(Column[]::new);
        columns.add(struct(own).as(ExampleColumns.ROW));
        columns.add(monotonically_increasing_id().as(ExampleColumns.ID));
      } else {
        Column[] own = kept.of(rows, arguments, location).toArray(Column[]::new);
        if (own.length > 0) {
          columns.add(struct(own).as(ExampleColumns.ROW));
        }
      }
      return new ExampleSource(
          rows.select(columns.toArray(Column[]::new)),
          problemType.task().hasLabelSets() && !(field.dataType() instanceof ArrayType),
          names.map(
              given ->
                  "%s: its files name the numbers of their labels (Hugging Face ClassLabel): %s"
                      .formatted(split, given.inWords())));
    } catch (UserException e) {
      throw of(split, e);
    }
  }

  /** Why a row is left out that an audit has found fault with; null where it is not. */
  private static Column issue(
      Dataset<Row> rows, String split, DataArguments arguments, String location) {
    if (!arguments.dropIssues() || !split.equals(Split.TRAIN)) {
      return lit(null).cast("string");
    }
    if (!Arrays.asList(rows.columns()).contains(ExampleColumns.LABEL_ISSUE)) {
      throw new UserException(
          "data.drop_issues=true: %s has no column %s: expected the rows that audit writes, OUT/issues"
              .formatted(location, ExampleColumns.LABEL_ISSUE));
    }
    return when(
        rows.col(ExampleColumns.LABEL_ISSUE).cast("boolean"), RejectReason.LABEL_ISSUE.code());
  }

  /** A complaint of rows, with the key that names them. */
  static UserException of(String split, UserException e) {
    String message = e.getMessage();
    return message.startsWith("data.") ? e : new UserException("data." + split + ": " + message, e);
  }
}
