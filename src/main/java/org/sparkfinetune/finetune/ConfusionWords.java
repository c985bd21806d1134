package org.sparkfinetune.finetune;

import static org.apache.spark.sql.functions.array_contains;
import static org.apache.spark.sql.functions.array_join;
import static org.apache.spark.sql.functions.broadcast;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.explode;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.lower;
import static org.apache.spark.sql.functions.monotonically_increasing_id;
import static org.apache.spark.sql.functions.not;
import static org.apache.spark.sql.functions.row_number;
import static org.apache.spark.sql.functions.sum;

import java.util.List;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.expressions.Window;
import org.sparkfinetune.pipeline.ExplanationColumns;
import org.sparkfinetune.pipeline.PredictionColumns;
import org.sparkfinetune.report.ConfusionWord;

/** The words that wrong predictions come from, by label and prediction. */
final class ConfusionWords {
  static final String LABEL = "label";
  static final String PREDICTION = PredictionColumns.PREDICTION;
  static final String CONFUSED = "confused_rows";
  static final String WORD = "word";
  static final String SCORE = "attribution";
  static final String OCCURRENCES = "occurrences";
  static final String ROWS = "rows";

  private static final String SEPARATOR = ", ";

  private ConfusionWords() {}

  /**
   * The explained rows whose explained label is predicted and none of theirs, with {@code label},
   * theirs (sets joined by commas); their {@code prediction} is that label.
   *
   * @param explained of {@link ExplainedWords}, whose labels are known
   * @param sets whether rows have sets of labels
   */
  static Dataset<Row> confused(Dataset<Row> explained, boolean sets) {
    Column explainedLabel = col(ExplanationColumns.EXPLAINED);
    Column predicted =
        sets
            ? array_contains(col(PREDICTION), explainedLabel)
            : col(PREDICTION).equalTo(explainedLabel);
    return explained
        .where(predicted.and(not(array_contains(col(ExplainedWords.LABELS), explainedLabel))))
        .withColumn(LABEL, array_join(col(ExplainedWords.LABELS), SEPARATOR))
        .withColumn(PREDICTION, explainedLabel);
  }

  /**
   * The words with the largest summed attribution to the wrong prediction.
   *
   * @param confused of {@link #confused}
   * @param pairs of how many pairs of label and prediction, those of the most rows
   * @param top how many words of each
   * @return columns {@code label}, {@code prediction}, {@code confused_rows}, {@code word} (in
   *     lower case), {@code attribution} (the sum), {@code occurrences} and {@code rows}
   */
  static Dataset<Row> of(Dataset<Row> confused, int pairs, int top) {
    Dataset<Row> most =
        confused
            .groupBy(LABEL, PREDICTION)
            .agg(count(lit(1)).as(CONFUSED))
            .orderBy(col(CONFUSED).desc(), col(LABEL), col(PREDICTION))
            .limit(pairs);
    Dataset<Row> words =
        confused
            .withColumn("id", monotonically_increasing_id())
            .select(
                col(LABEL),
                col(PREDICTION),
                col("id"),
                explode(col(ExplanationColumns.ATTRIBUTIONS)).as("of"))
            .where(col("of.score").isNotNull())
            .groupBy(col(LABEL), col(PREDICTION), lower(col("of.word")).as(WORD), col("id"))
            .agg(sum("of.score").as("sum"), count(lit(1)).as("times"))
            .groupBy(LABEL, PREDICTION, WORD)
            .agg(sum("sum").as(SCORE), sum("times").as(OCCURRENCES), count(lit(1)).as(ROWS))
            .where(col(SCORE).gt(0));
    return words
        .join(broadcast(most), new String[] {LABEL, PREDICTION}, "inner")
        .withColumn(
            "place",
            row_number()
                .over(Window.partitionBy(LABEL, PREDICTION).orderBy(col(SCORE).desc(), col(WORD))))
        .where(col("place").leq(top))
        .select(LABEL, PREDICTION, CONFUSED, WORD, SCORE, OCCURRENCES, ROWS);
  }

  /** As a page has them. */
  static List<ConfusionWord> collect(Dataset<Row> words) {
    return words.collectAsList().stream()
        .map(
            row ->
                new ConfusionWord(
                    row.getAs(LABEL),
                    row.getAs(PREDICTION),
                    row.<Long>getAs(CONFUSED),
                    row.getAs(WORD),
                    row.<Double>getAs(SCORE),
                    row.<Long>getAs(OCCURRENCES),
                    row.<Long>getAs(ROWS),
                    RemovedWords.of(row)))
        .toList();
  }
}
