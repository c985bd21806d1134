package io.sparkfinetune.annotator;

import io.sparkfinetune.UserException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.apache.spark.sql.types.BooleanType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.NumericType;
import org.apache.spark.sql.types.StringType;
import org.apache.spark.sql.types.StructType;

/**
 * The columns that a fit reads.
 *
 * @param document Spark NLP's DOCUMENT annotations
 * @param label strings or numbers
 * @param validationIndicator booleans, true for the rows to validate on
 */
record TrainingColumns(String document, String label, Optional<String> validationIndicator) {
  /**
   * Checks that the columns are there, with the types they need.
   *
   * @throws UserException when not; the message lists the columns there are
   */
  void check(StructType schema) {
    type(schema, document, "the DOCUMENT annotations (inputCols)");
    DataType labels = type(schema, label, "the labels (labelColumn)");
    if (!(labels instanceof StringType || labels instanceof NumericType)) {
      throw new UserException(
          String.format(
              "label column %s is of type %s: expected strings or numbers",
              label, labels.simpleString()));
    }
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
