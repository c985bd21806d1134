package org.sparkfinetune.finetune;

import static org.apache.spark.sql.functions.avg;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.explode;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.lower;
import static org.apache.spark.sql.functions.monotonically_increasing_id;
import static org.apache.spark.sql.functions.row_number;
import static org.apache.spark.sql.functions.sum;

import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.expressions.Window;
import org.apache.spark.sql.expressions.WindowSpec;
import org.sparkfinetune.pipeline.ExplanationColumns;
import org.sparkfinetune.report.ClassWord;

/** The words of a model as a whole: what they do for a label on average. */
final class ExplanationWords {
  static final String LABEL = "class";
  static final String WORD = "word";
  static final String SCORE = "mean_attribution";
  static final String OCCURRENCES = "occurrences";
  static final String ROWS = "rows";

  private ExplanationWords() {}

  /**
   * The words with the largest and the smallest mean attribution of each label.
   *
   * @param explained rows with the columns of {@link ExplanationColumns}
   * @param top how many of both
   * @param minRows in how many rows of the label a word must occur
   * @return columns {@code class}, {@code word} (in lower case), {@code mean_attribution}, {@code
   *     occurrences}, {@code rows}, by class and from the largest down
   */
  static Dataset<Row> of(Dataset<Row> explained, int top, int minRows) {
    Dataset<Row> words =
        explained
            .select(
                col(ExplanationColumns.EXPLAINED).as(LABEL),
                monotonically_increasing_id().as("id"),
                explode(col(ExplanationColumns.ATTRIBUTIONS)).as("of"))
            .where(col("of.score").isNotNull())
            .groupBy(col(LABEL), lower(col("of.word")).as(WORD), col("id"))
            .agg(avg("of.score").as("mean"), count(lit(1)).as("times"))
            .groupBy(LABEL, WORD)
            .agg(
                sum(col("mean").multiply(col("times"))).divide(sum("times")).as(SCORE),
                sum("times").as(OCCURRENCES),
                count(lit(1)).as(ROWS))
            .where(col(ROWS).geq(minRows));
    WindowSpec ofLabel = Window.partitionBy(LABEL);
    return words
        .withColumn("down", row_number().over(ofLabel.orderBy(col(SCORE).desc(), col(WORD))))
        .withColumn("up", row_number().over(ofLabel.orderBy(col(SCORE), col(WORD))))
        .where(
            col("down").leq(top).and(col(SCORE).gt(0)).or(col("up").leq(top).and(col(SCORE).lt(0))))
        .drop("down", "up")
        .orderBy(col(LABEL), col(SCORE).desc(), col(WORD));
  }

  /** As a page has them. */
  static List<ClassWord> collect(Dataset<Row> words) {
    return words.collectAsList().stream()
        .map(
            row ->
                new ClassWord(
                    row.getAs(LABEL),
                    row.getAs(WORD),
                    row.<Double>getAs(SCORE),
                    row.<Long>getAs(OCCURRENCES),
                    row.<Long>getAs(ROWS)))
        .toList();
  }
}
