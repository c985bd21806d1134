package org.sparkfinetune.pipeline;

import static org.apache.spark.ml.functions.vector_to_array;
import static org.apache.spark.sql.functions.array_max;
import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.element_at;
import static org.apache.spark.sql.functions.filter;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.map_from_arrays;
import static org.apache.spark.sql.functions.not;
import static org.apache.spark.sql.functions.struct;
import static org.apache.spark.sql.functions.when;
import static org.apache.spark.sql.functions.xxhash64;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.spark.ml.Transformer;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.functions;
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
  public static final String PROBABILITIES = "probabilities";

  /** The classifier's column of CATEGORY annotations. */
  static final String CATEGORY = "category";

  /** The rows' own columns, a struct. */
  public static final String ROW = "row";

  /** The probability of every label, a vector in the order of the labels. */
  public static final String PROBABILITY = "probability";

  /** The logit of every label, a vector in the order of the labels. */
  static final String LOGITS = "logits";

  /** The vector that the classifier's last layer takes; there only where it was asked for. */
  public static final String POOLED = "pooled";

  /** A hash of the text, or of the pair of texts, a long. */
  static final String TEXT_HASH = "text_hash";

  /**
   * The labels that have the right one among them as often as was asked for, an array of strings
   * from the most probable one down; there only where it was asked for.
   */
  public static final String PREDICTION_SET = "prediction_set";

  /**
   * Whether there is no {@link #PREDICTION} since the confidence is too low, a boolean; there only
   * where that may be.
   */
  public static final String ABSTAINED = "abstained";

  /** An {@link OutOfScopeScore}, a double; there only where one was asked for. */
  public static final String OUT_OF_SCOPE = "out_of_scope_score";

  private PredictionColumns() {}

  /**
   * Predicts rows.
   *
   * @param classifier reads the columns that are the keys of {@code texts} and adds the columns
   *     {@code category}, {@link #PROBABILITY} and {@link #LOGITS}
   * @param texts the rows' column that holds the text, of pairs also the second text, by the column
   *     that the classifier reads it from
   * @param pooled whether the classifier adds {@link #POOLED} too
   * @return columns {@link #ROW}, {@link #PREDICTION}, {@link #PROBABILITY}, {@link #LOGITS},
   *     {@link #TEXT_HASH} and with {@code pooled} {@link #POOLED}, all but the first null for a
   *     null or blank text
   */
  static Dataset<Row> vectors(
      Transformer classifier,
      Map<String, String> texts,
      Dataset<Row> rows,
      boolean multiLabel,
      boolean pooled) {
    List<Column> input = new ArrayList<>();
    // The user's columns travel in one struct, so that no name of theirs can meet the pipeline's.
    input.add(
        struct(Arrays.stream(rows.columns()).map(TextColumns::named).toArray(Column[]::new))
            .as(ROW));
    Column blank = lit(false);
    for (Map.Entry<String, String> text : texts.entrySet()) {
      Column given = TextColumns.named(text.getValue()).cast("string");
      input.add(coalesce(given, lit("")).as(text.getKey()));
      blank = blank.or(TextColumns.isBlank(col(text.getKey())));
    }
    Column[] ofTexts = texts.keySet().stream().map(functions::col).toArray(Column[]::new);
    List<Column> output =
        new ArrayList<>(
            List.of(
                col(ROW),
                when(not(blank), prediction(multiLabel)).as(PREDICTION),
                when(not(blank), col(PROBABILITY)).as(PROBABILITY),
                when(not(blank), col(LOGITS)).as(LOGITS),
                when(not(blank), xxhash64(ofTexts)).as(TEXT_HASH)));
    if (pooled) {
      output.add(when(not(blank), col(POOLED)).as(POOLED));
    }
    return classifier
        .transform(rows.select(input.toArray(Column[]::new)))
        .select(output.toArray(Column[]::new));
  }

  /** What the annotations of {@link #CATEGORY} predict. */
  static Column prediction(boolean multiLabel) {
    // A document without a label may have an annotation without a result.
    Column results = filter(col(CATEGORY).getField("result"), label -> label.notEqual(""));
    return multiLabel ? results : element_at(results, 1);
  }

  /**
   * Rows with their own columns and the plain ones of this class.
   *
   * @param vectors what {@link #vectors} gives of {@code rows}
   * @param labels the label names, by index
   * @param selective what there is beside them; none of multi-label models
   * @throws UserException when the rows have one of the columns that would be added
   */
  static Dataset<Row> of(
      Dataset<Row> vectors,
      Dataset<Row> rows,
      List<String> labels,
      boolean multiLabel,
      SelectiveColumns selective) {
    List<String> added = new ArrayList<>(List.of(PREDICTION, PROBABILITIES));
    if (!multiLabel) {
      added.add(1, CONFIDENCE);
    }
    added.addAll(selective.names());
    requireNew(rows, added);
    Column numbers = vector_to_array(col(PROBABILITY), "float64");
    Column names = lit(labels.toArray(String[]::new));
    Column prediction = selective.prediction().as(PREDICTION);
    List<Column> output = new ArrayList<>(List.of(col(ROW + ".*"), prediction));
    if (!multiLabel) {
      output.add(when(col(PROBABILITY).isNotNull(), array_max(numbers)).as(CONFIDENCE));
    }
    output.add(
        when(col(PROBABILITY).isNotNull(), map_from_arrays(names, numbers)).as(PROBABILITIES));
    output.addAll(selective.columns());
    return vectors.select(output.toArray(Column[]::new));
  }

  /** Spark tells columns apart by case only when it is set to. */
  public static void requireNew(Dataset<Row> rows, List<String> added) {
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
