package io.sparkfinetune.jobs;

import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.element_at;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.map_from_arrays;
import static org.apache.spark.sql.functions.not;
import static org.apache.spark.sql.functions.struct;
import static org.apache.spark.sql.functions.transform;
import static org.apache.spark.sql.functions.when;

import io.sparkfinetune.UserException;
import java.util.Arrays;
import java.util.List;
import org.apache.spark.ml.Transformer;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/**
 * Turns a classifier's CATEGORY annotations into plain columns, beside the columns that the rows
 * came with.
 */
final class Predictions {
  /** The label predicted, a string; null for a null or blank text. */
  static final String PREDICTION = "prediction";

  /** The probability of {@link #PREDICTION}, a double. */
  static final String CONFIDENCE = "confidence";

  /** The probability of every label, a map of string to double. */
  static final String PROBABILITIES = "probabilities";

  private static final List<String> ADDED = List.of(PREDICTION, CONFIDENCE, PROBABILITIES);
  private static final String ROW = "row";

  private Predictions() {}

  /**
   * Predicts rows.
   *
   * @param classifier reads {@code classifierText} and adds the column {@code category}
   * @param textColumn the rows' column that holds the text
   * @param labels the label names; other entries of the annotations' metadata are left out
   * @throws UserException when the rows have one of the columns that would be added
   */
  static Dataset<Row> of(
      Transformer classifier,
      String classifierText,
      Dataset<Row> rows,
      String textColumn,
      List<String> labels) {
    List<String> columns = Arrays.asList(rows.columns());
    for (String added : ADDED) {
      if (columns.contains(added)) {
        throw new UserException(
            "the rows already have a column \"" + added + "\", which would be added: rename it");
      }
    }
    Column text = named(textColumn).cast("string");
    // The user's columns travel in one struct, so that no name of theirs can meet the pipeline's.
    Dataset<Row> input =
        rows.select(
            struct(columns.stream().map(Predictions::named).toArray(Column[]::new)).as(ROW),
            coalesce(text, lit("")).as(classifierText));
    Column category =
        when(not(isBlank(col(classifierText))), element_at(col(ClassifierPipeline.CATEGORY), 1));
    Column metadata = category.getField("metadata");
    Column names = lit(labels.toArray(String[]::new));
    return classifier
        .transform(input)
        .withColumn(PREDICTION, category.getField("result"))
        .withColumn(
            PROBABILITIES,
            when(
                metadata.isNotNull(),
                map_from_arrays(
                    names, transform(names, name -> element_at(metadata, name).cast("double")))))
        .select(
            col(ROW + ".*"),
            col(PREDICTION),
            element_at(col(PROBABILITIES), col(PREDICTION)).as(CONFIDENCE),
            col(PROBABILITIES));
  }

  /** Whether a text is null or nothing but white space, as package data has it. */
  static Column isBlank(Column text) {
    return coalesce(not(text.rlike("(?U)[^\\s\\u200B\\uFEFF]")), lit(true));
  }

  /** A column by its very name, dots and all. */
  static Column named(String column) {
    return col("`" + column.replace("`", "``") + "`");
  }
}
