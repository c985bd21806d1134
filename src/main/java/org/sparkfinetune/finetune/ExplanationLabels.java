package org.sparkfinetune.finetune;

import static org.apache.spark.sql.functions.arrays_overlap;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.count_if;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.size;

import java.util.Arrays;
import java.util.Optional;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.sparkfinetune.console.Console;
import org.sparkfinetune.data.DataArguments;
import org.sparkfinetune.data.LabelColumn;
import org.sparkfinetune.data.TextColumns;
import org.sparkfinetune.pipeline.ClassifierPipeline;

/**
 * The labels that explained rows come with.
 *
 * @param column the labels of a row, a sorted array of strings; null where it has none
 * @param rows how many have some
 * @param missing what they lack to be compared with predictions; empty where they can be
 */
record ExplanationLabels(Column column, long rows, Optional<String> missing) {
  /**
   * Those of rows, told on the console where predictions cannot be compared with them.
   *
   * @param explained with the columns of the input
   */
  static ExplanationLabels of(
      Dataset<Row> explained, DataArguments data, ClassifierPipeline pipeline, Console console) {
    String setting = "data.label_column=" + data.labelColumn();
    if (!Arrays.asList(explained.columns()).contains(data.labelColumn())) {
      console.line(
          "%s: the rows have no such column: which predictions are right, and which words are"
              + " spurious or behind confusions, is not told",
          setting);
      return none("the rows have no column " + data.labelColumn());
    }
    Column given = TextColumns.named(data.labelColumn());
    DataType type = explained.select(given).schema().fields()[0].dataType();
    Optional<String> expected =
        LabelColumn.expectedInsteadOf(
            type, pipeline.problemType(), data.labelSeparator(), "problem_type");
    if (expected.isPresent()) {
      console.line(
          "warning: %s is not used: it is %s, and %s",
          setting, type.simpleString(), expected.get());
      return none("the column " + data.labelColumn() + " has no labels");
    }
    Column labels =
        LabelColumn.of(given, type, pipeline.problemType(), data.labelSeparator()).labels();
    Column known = lit(pipeline.labels().toArray(String[]::new));
    Row found =
        explained
            .select(labels.as("labels"))
            .agg(
                count(col("labels")),
                count_if(arrays_overlap(col("labels"), known).or(size(col("labels")).equalTo(0))))
            .head();
    if (found.getLong(1) == 0) {
      console.line(
          "warning: %s has none of the model's labels: which predictions are right, and which words"
              + " are spurious or behind confusions, is not told",
          setting);
      return new ExplanationLabels(
          labels,
          found.getLong(0),
          Optional.of("the column " + data.labelColumn() + " has none of the model's labels"));
    }
    return new ExplanationLabels(labels, found.getLong(0), Optional.empty());
  }

  private static ExplanationLabels none(String missing) {
    return new ExplanationLabels(
        lit(null).cast(DataTypes.createArrayType(DataTypes.StringType)), 0, Optional.of(missing));
  }

  /** Whether predictions can be compared with them. */
  boolean areKnown() {
    return missing.isEmpty();
  }
}
