package org.sparkfinetune.finetune;

import static org.apache.spark.sql.functions.array_contains;
import static org.apache.spark.sql.functions.avg;
import static org.apache.spark.sql.functions.broadcast;
import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.count_if;
import static org.apache.spark.sql.functions.explode;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.lower;
import static org.apache.spark.sql.functions.monotonically_increasing_id;
import static org.apache.spark.sql.functions.row_number;
import static org.apache.spark.sql.functions.sum;
import static org.apache.spark.sql.functions.udf;
import static org.apache.spark.sql.functions.when;

import java.util.List;
import java.util.Optional;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.api.java.UDF2;
import org.apache.spark.sql.expressions.UserDefinedFunction;
import org.apache.spark.sql.expressions.Window;
import org.apache.spark.sql.expressions.WindowSpec;
import org.apache.spark.sql.types.DataTypes;
import org.sparkfinetune.evaluate.ClopperPearson;
import org.sparkfinetune.pipeline.ExplanationColumns;
import org.sparkfinetune.report.ClassWord;

/** The words of a model as a whole: what they do for a label on average. */
final class ExplanationWords {
  static final String LABEL = "class";
  static final String WORD = "word";
  static final String SCORE = "mean_attribution";
  static final String OCCURRENCES = "occurrences";
  static final String ROWS = "rows";
  static final String LABELED = "labeled_rows";
  static final String SHARE = "label_share";
  static final String LOW = "label_share_low";
  static final String HIGH = "label_share_high";
  static final String BASE = "base_rate";
  static final String SPURIOUS = "spurious";

  private static final UserDefinedFunction INTERVAL =
      udf(
          (UDF2<Long, Long, List<Double>>)
              (successes, trials) -> {
                ClopperPearson interval = ClopperPearson.of(successes, trials);
                return List.of(interval.low(), interval.high());
              },
          DataTypes.createArrayType(DataTypes.DoubleType));

  private ExplanationWords() {}

  /**
   * The words with the largest and the smallest mean attribution of each label.
   *
   * @param explained of {@link ExplainedWords}
   * @param top how many of both
   * @param minRows in how many rows of the label a word must occur
   * @return columns {@code class}, {@code word} (in lower case), {@code mean_attribution}, {@code
   *     occurrences}, {@code rows}
   */
  static Dataset<Row> of(Dataset<Row> explained, int top, int minRows) {
    Dataset<Row> words =
        explained
            // In one step with explode each word would have a number of its own.
            .withColumn("id", monotonically_increasing_id())
            .select(
                col(ExplanationColumns.EXPLAINED).as(LABEL),
                col("id"),
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
        .drop("down", "up");
  }

  /**
   * The words with what the rows' own labels say of them: in how many labeled rows they occur,
   * which share of these has the label, the exact 95 % interval of that share, and the share of the
   * label among all labeled rows. A word with a mean attribution above 0 is spurious where the
   * label is no more frequent with it than it is in all rows.
   *
   * @param words of {@link #of}
   * @param explained of {@link ExplainedWords}
   * @param labels of the explained rows; where they are not known the columns are null
   */
  static Dataset<Row> withLabels(
      Dataset<Row> words, Dataset<Row> explained, ExplanationLabels labels) {
    if (!labels.areKnown()) {
      return words
          .withColumn(LABELED, lit(null).cast(DataTypes.LongType))
          .withColumn(SHARE, lit(null).cast(DataTypes.DoubleType))
          .withColumn(LOW, lit(null).cast(DataTypes.DoubleType))
          .withColumn(HIGH, lit(null).cast(DataTypes.DoubleType))
          .withColumn(BASE, lit(null).cast(DataTypes.DoubleType))
          .withColumn(SPURIOUS, lit(null).cast(DataTypes.BooleanType));
    }
    Dataset<Row> labeled =
        explained
            .where(col(ExplainedWords.LABELS).isNotNull())
            .select(col(ExplainedWords.LABELS), col(ExplainedWords.SEEN));
    Dataset<Row> counts =
        labeled
            .select(col(ExplainedWords.LABELS), explode(col(ExplainedWords.SEEN)).as(WORD))
            .join(broadcast(words.select(LABEL, WORD)), WORD)
            .groupBy(LABEL, WORD)
            .agg(
                count(lit(1)).as(LABELED),
                count_if(array_contains(col(ExplainedWords.LABELS), col(LABEL))).as("with"));
    Dataset<Row> bases =
        labeled
            .select(explode(col(ExplainedWords.LABELS)).as(LABEL))
            .groupBy(LABEL)
            .agg(count(lit(1)).divide(labels.rows()).as(BASE));
    Column positive = col(SCORE).gt(0);
    return words
        .join(broadcast(bases), new String[] {LABEL}, "left_outer")
        .join(counts, new String[] {LABEL, WORD}, "left_outer")
        .withColumn(LABELED, coalesce(col(LABELED), lit(0L)))
        .withColumn("interval", when(col(LABELED).gt(0), INTERVAL.apply(col("with"), col(LABELED))))
        .select(
            col(LABEL),
            col(WORD),
            col(SCORE),
            col(OCCURRENCES),
            col(ROWS),
            col(LABELED),
            col("with").divide(col(LABELED)).as(SHARE),
            col("interval").getItem(0).as(LOW),
            col("interval").getItem(1).as(HIGH),
            coalesce(col(BASE), lit(0.0)).as(BASE))
        .withColumn(SPURIOUS, coalesce(positive.and(col(SHARE).leq(col(BASE))), lit(false)));
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
                    row.<Long>getAs(ROWS),
                    share(row),
                    RemovedWords.of(row)))
        .toList();
  }

  private static Optional<ClassWord.LabelShare> share(Row row) {
    if (row.getAs(SHARE) == null) {
      return Optional.empty();
    }
    return Optional.of(
        new ClassWord.LabelShare(
            row.<Long>getAs(LABELED),
            row.<Double>getAs(SHARE),
            row.<Double>getAs(LOW),
            row.<Double>getAs(HIGH),
            row.<Double>getAs(BASE),
            row.<Boolean>getAs(SPURIOUS)));
  }
}
