package org.sparkfinetune.pipeline;

import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.element_at;
import static org.apache.spark.sql.functions.filter;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.map_from_arrays;
import static org.apache.spark.sql.functions.not;
import static org.apache.spark.sql.functions.struct;
import static org.apache.spark.sql.functions.transform;
import static org.apache.spark.sql.functions.when;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.spark.ml.Transformer;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.sparkfinetune.UserException;
import org.sparkfinetune.data.TextColumns;

/**
 * Turns a classifier's CATEGORY annotations into plain columns, beside the columns that the rows
 * came with.
 */
public final class PredictionColumns {
  /**
   * The label predicted, a string; of multi-label models the labels, an array of strings. Null for
   * a null or blank text.
   */
  public static final String PREDICTION = "prediction";

  /** The probability of {@link #PREDICTION}, a double; not there for multi-label models. */
  public static final String CONFIDENCE = "confidence";

  /** The probability of every label, a map of string to double. */
  static final String PROBABILITIES = "probabilities";

  private static final String ROW = "row";

  private PredictionColumns() {}

  /**
   * Predicts rows.
   *
   * @param classifier reads the columns that are the keys of {@code texts} and adds the column
   *     {@code category}; a multi-label one annotates documents without a label too
   * @param texts the rows' column that holds the text, of pairs also the second text, by the column
   *     that the classifier reads it from
   * @param labels the label names; other entries of the annotations' metadata are left out
   * @throws UserException when the rows have one of the columns that would be added
   */
  static Dataset<Row> of(
      Transformer classifier,
      Map<String, String> texts,
      Dataset<Row> rows,
      List<String> labels,
      boolean multiLabel) {
    List<String> columns = Arrays.asList(rows.columns());
    requireNew(
        rows,
        multiLabel
            ? List.of(PREDICTION, PROBABILITIES)
            : List.of(PREDICTION, CONFIDENCE, PROBABILITIES));
    List<Column> input = new ArrayList<>();
    // The user's columns travel in one struct, so that no name of theirs can meet the pipeline's.
    input.add(struct(columns.stream().map(TextColumns::named).toArray(Column[]::new)).as(ROW));
    Column blank = lit(false);
    for (Map.Entry<String, String> text : texts.entrySet()) {
      Column given = TextColumns.named(text.getValue()).cast("string");
      input.add(coalesce(given, lit("")).as(text.getKey()));
      blank = blank.or(TextColumns.isBlank(col(text.getKey())));
    }
    Column categories = col(ClassifierPipeline.CATEGORY);
    Column category = when(not(blank), element_at(categories, 1));
    Column predicted =
        multiLabel
            ? when(not(blank), filter(categories.getField("result"), label -> label.notEqual("")))
            : category.getField("result");
    Column metadata = category.getField("metadata");
    Column names = lit(labels.toArray(String[]::new));
    List<Column> output = new ArrayList<>(List.of(col(ROW + ".*"), col(PREDICTION)));
    if (!multiLabel) {
      output.add(element_at(col(PROBABILITIES), col(PREDICTION)).as(CONFIDENCE));
    }
    output.add(col(PROBABILITIES));
    return classifier
        .transform(rows.select(input.toArray(Column[]::new)))
        .withColumn(PREDICTION, predicted)
        .withColumn(
            PROBABILITIES,
            when(
                metadata.isNotNull(),
                map_from_arrays(
                    names, transform(names, name -> element_at(metadata, name).cast("double")))))
        .select(output.toArray(Column[]::new));
  }

  /** Spark tells columns apart by case only when it is set to. */
  private static void requireNew(Dataset<Row> rows, List<String> added) {
    boolean caseSensitive =
        Boolean.parseBoolean(rows.sparkSession().conf().get("spark.sql.caseSensitive"));
    for (String column : rows.columns()) {
      for (String name : added) {
        if (column.equals(name)) {
          throw new UserException(
              "the rows already have a column \"" + name + "\", which would be added: rename it");
        }
        if (!caseSensitive && column.equalsIgnoreCase(name)) {
          throw new UserException(
              "the rows already have a column \""
                  + column
                  + "\", which Spark does not tell from \""
                  + name
                  + "\", which would be added: rename it");
        }
      }
    }
  }
}
