package org.sparkfinetune.finetune;

import static org.apache.spark.sql.functions.array_distinct;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.filter;
import static org.apache.spark.sql.functions.lower;
import static org.apache.spark.sql.functions.transform;

import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.DataTypes;
import org.sparkfinetune.data.DataArguments;
import org.sparkfinetune.data.ExampleColumns;
import org.sparkfinetune.data.TextColumns;
import org.sparkfinetune.pipeline.ExplanationColumns;
import org.sparkfinetune.pipeline.PredictionColumns;

/**
 * Explained rows with the columns that the tables of a model as a whole are made of, and no others,
 * whose names could be the same: texts as {@link ExampleColumns} has them, {@link #LABELS}, {@link
 * #SEEN}, {@link PredictionColumns#PREDICTION}, {@link ExplanationColumns#EXPLAINED} and {@link
 * ExplanationColumns#ATTRIBUTIONS}.
 */
final class ExplainedWords {
  /** A row's own labels, an array of strings; null where it has none. */
  static final String LABELS = "labels";

  /** The words of a row that the model has seen, each once, in lower case. */
  static final String SEEN = "seen";

  private ExplainedWords() {}

  /**
   * Makes them.
   *
   * @param explained with the columns of the input
   */
  static Dataset<Row> of(Dataset<Row> explained, DataArguments data, ExplanationLabels labels) {
    Column seen =
        filter(col(ExplanationColumns.ATTRIBUTIONS), word -> word.getField("score").isNotNull());
    List<Column> columns =
        new ArrayList<>(
            List.of(
                text(data.textColumn()).as(ExampleColumns.TEXT),
                labels.column().as(LABELS),
                array_distinct(transform(seen, word -> lower(word.getField("word")))).as(SEEN),
                col(PredictionColumns.PREDICTION),
                col(ExplanationColumns.EXPLAINED),
                col(ExplanationColumns.ATTRIBUTIONS)));
    data.textPair().ifPresent(pair -> columns.add(text(pair).as(ExampleColumns.TEXT_PAIR)));
    return explained.select(columns.toArray(Column[]::new));
  }

  private static Column text(String column) {
    return TextColumns.named(column).cast(DataTypes.StringType);
  }
}
