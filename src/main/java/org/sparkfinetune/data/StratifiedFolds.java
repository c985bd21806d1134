package org.sparkfinetune.data;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.count_distinct;
import static org.apache.spark.sql.functions.dense_rank;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.min;
import static org.apache.spark.sql.functions.pmod;
import static org.apache.spark.sql.functions.xxhash64;

import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.expressions.Window;
import org.sparkfinetune.UserException;
import org.sparkfinetune.task.ProblemType;
import org.sparkfinetune.text.OneLine;

/**
 * Puts examples into folds, for as many trainings, each of which leaves one out.
 *
 * <p>A row's fold depends on the seed and the rows' content alone: the texts of each class are
 * ranked by a seeded hash of the text and dealt in turn, so that each fold has its share of each
 * class. Equal texts are in the same fold: no model has seen a text that it is asked about. A text
 * with several labels is dealt with the first of them. Of label sets the hash alone decides, so
 * that shares are equal but for chance.
 */
public final class StratifiedFolds {
  private static final String FINGERPRINT = "fingerprint";
  private static final String DRAW = "draw";
  private static final String STRATUM = "stratum";

  private StratifiedFolds() {}

  /**
   * Adds {@link ExampleColumns#FOLD}.
   *
   * @param examples columns as {@link ExampleColumns} has them, and any others
   * @param folds at least 2
   */
  public static Dataset<Row> assign(
      Dataset<Row> examples, int folds, ProblemType problemType, long seed) {
    Column[] key = StratifiedSplit.key(examples);
    Column draw = xxhash64(StratifiedSplit.seeded(seed, key));
    if (problemType.task().hasLabelSets()) {
      return examples.withColumn(ExampleColumns.FOLD, pmod(draw, lit(folds)).cast("int"));
    }
    Column first = min(ExampleColumns.LABEL).over(Window.partitionBy(FINGERPRINT, DRAW));
    Column rank =
        dense_rank().over(Window.partitionBy(STRATUM).orderBy(col(DRAW), col(FINGERPRINT)));
    // Small classes do not all begin with the same fold.
    Column begin = pmod(xxhash64(lit(seed), col(STRATUM)), lit(folds));
    return examples
        .withColumn(FINGERPRINT, xxhash64(key))
        .withColumn(DRAW, draw)
        .withColumn(STRATUM, first)
        .withColumn(ExampleColumns.FOLD, pmod(rank.plus(begin), lit(folds)).cast("int"))
        .drop(FINGERPRINT, DRAW, STRATUM);
  }

  /**
   * Refuses classes that cannot be in every training.
   *
   * @param folded what {@link #assign} gave, of one label a row
   * @param setting of the number of folds, for the message
   * @throws UserException which names the smallest such class
   */
  public static void check(Dataset<Row> folded, int folds, String setting) {
    folded
        .groupBy(ExampleColumns.LABEL)
        .agg(
            count_distinct(xxhash64(StratifiedSplit.key(folded))).as("texts"),
            count_distinct(col(ExampleColumns.FOLD)).as("folds"))
        .where(col("texts").lt(folds).or(col("folds").lt(2)))
        .orderBy(col("texts"), col(ExampleColumns.LABEL))
        .limit(1)
        .collectAsList()
        .forEach(
            row -> {
              throw new UserException(
                  "%s=%s is not allowed: the label %s has %s different %s, of which each fold needs one: set %s lower, add rows of it, or leave it out"
                      .formatted(
                          setting,
                          folds,
                          OneLine.of(row.getString(0)),
                          row.getLong(1),
                          row.getLong(1) == 1 ? "text" : "texts",
                          setting));
            });
  }
}
