package org.sparkfinetune.annotator;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.apache.spark.sql.types.BooleanType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.NumericType;
import org.apache.spark.sql.types.StructType;
import org.sparkfinetune.UserException;
import org.sparkfinetune.data.LabelColumn;
import org.sparkfinetune.task.ProblemType;

/**
 * The columns that a fit reads.
 *
 * @param documents Spark NLP's DOCUMENT annotations: one column of texts, or two of text pairs
 * @param label what {@link LabelColumn} takes
 * @param labelSeparator what stands between the labels of a string of multi-label data
 * @param validationIndicator booleans, true for the rows to validate on
 * @param weight numbers that the losses of the rows to train on are multiplied by
 */
record TrainingColumns(
    List<String> documents,
    String label,
    ProblemType problemType,
    String labelSeparator,
    Optional<String> validationIndicator,
    Optional<String> weight) {
  /**
   * Checks that the columns are there, with the types they need.
   *
   * @throws UserException when not; the message lists the columns there are
   */
  void check(StructType schema) {
    documents.forEach(column -> type(schema, column, "the DOCUMENT annotations (inputCols)"));
    checkLabel(labelType(schema));
    if (validationIndicator.isPresent()) {
      String column = validationIndicator.get();
      DataType indicator = type(schema, column, "the rows to validate on (validationIndicatorCol)");
      if (!(indicator instanceof BooleanType)) {
        throw new UserException(
            String.format(
                "validation indicator column %s is of type %s: expected booleans",
                column, indicator.simpleString()));
      }
    }
    weight.ifPresent(column -> checkWeight(schema, column));
  }

  private void checkWeight(StructType schema, String column) {
    DataType type = type(schema, column, "the weights of the rows (weightCol)");
    if (!(type instanceof NumericType)) {
      throw new UserException(
          String.format(
              "weight column %s is of type %s: expected numbers, 0 or greater",
              column, type.simpleString()));
    }
  }

  /** The type of the label column. */
  DataType labelType(StructType schema) {
    return type(schema, label, "the labels (labelColumn)");
  }

  private void checkLabel(DataType type) {
    LabelColumn.expectedInsteadOf(type, problemType, labelSeparator, "problem_type")
        .ifPresent(
            expected -> {
              throw new UserException(
                  String.format(
                      "label column %s is of type %s: %s", label, type.simpleString(), expected));
            });
  }

  private static DataType type(StructType schema, String column, String purpose) {
    List<String> there = Arrays.asList(schema.fieldNames());
    if (!there.contains(column)) {
      throw new UserException(
          String.format(
              "no column %s for %s: there are %s", column, purpose, String.join(", ", there)));
    }
    return schema.apply(column).dataType();
  }
}
