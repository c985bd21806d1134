package io.sparkfinetune.data;

import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.dense_rank;
import static org.apache.spark.sql.functions.floor;
import static org.apache.spark.sql.functions.greatest;
import static org.apache.spark.sql.functions.least;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.max;
import static org.apache.spark.sql.functions.min;
import static org.apache.spark.sql.functions.pmod;
import static org.apache.spark.sql.functions.when;
import static org.apache.spark.sql.functions.xxhash64;

import java.math.BigInteger;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.expressions.Window;
import org.apache.spark.sql.expressions.WindowSpec;

/**
 * Compares texts across the splits, and holds training rows out. Lazy: two shuffles, no job.
 *
 * <p>Which rows are held out depends on the seed and the rows' content alone: the texts of each
 * class are ranked by a seeded hash of the text, and the first of them are held out. Neither the
 * order nor the partitioning of the rows matters. Equal texts have equal ranks, so that a text is
 * never on both sides; a text that bears several labels stays in training whole, as no prediction
 * of it could be right.
 */
public final class StratifiedSplit {
  /** Boolean: whether the row is a training row whose text bears another label as well. */
  static final String CONFLICT = "conflict";

  // Two 64-bit hashes stand for a text in shuffles and comparisons: of 10 million texts, some two
  // share the first with a chance of 3 in a million, and both with none to speak of.
  private static final String FINGERPRINT = "fingerprint";
  private static final String DRAW = "draw";

  private static final String STRATUM = "stratum";
  private static final String BUCKET = "bucket";

  /** Of a source as stored, which may be compressed. */
  private static final BigInteger PARTITION_BYTES = BigInteger.valueOf(16L << 20);

  /** Keeps rows that are not to be drawn from out of one huge partition. */
  private static final int BUCKETS = 1024;

  private StratifiedSplit() {}

  /**
   * Adds {@link #CONFLICT}, and gives {@link SetAsideReason#TEXT_IN_EARLIER_SPLIT} to the
   * validation and test rows that have that fault and no other.
   *
   * @param rows columns {@code split} (as in {@link Split}), {@code reason} (null for a row that
   *     can be used), {@code text}, {@code label}; also returned, with two columns for {@link
   *     #holdOut}
   */
  public static Dataset<Row> compareTexts(Dataset<Row> rows, long seed) {
    Column key = InputColumns.trimmed(col("text"));
    WindowSpec sameText = Window.partitionBy(FINGERPRINT, DRAW);
    Column usable = col("reason").isNull();
    Column inTrain = usable.and(col("split").equalTo(Split.TRAIN));
    Column inValidation = usable.and(col("split").equalTo(Split.VALIDATION));
    Column trainLabel = when(inTrain, col("label"));
    Column inEarlierSplit =
        when(col("split").equalTo(Split.VALIDATION), max(inTrain).over(sameText))
            .when(col("split").equalTo(Split.TEST), max(inTrain.or(inValidation)).over(sameText))
            .otherwise(false);
    return rows.withColumn(FINGERPRINT, xxhash64(key))
        .withColumn(DRAW, xxhash64(lit(seed), key))
        .repartition(partitions(rows), col(FINGERPRINT), col(DRAW))
        .withColumn(
            CONFLICT,
            coalesce(
                inTrain.and(
                    min(trainLabel).over(sameText).notEqual(max(trainLabel).over(sameText))),
                lit(false)))
        .withColumn(
            "reason",
            coalesce(
                col("reason"), when(inEarlierSplit, SetAsideReason.TEXT_IN_EARLIER_SPLIT.code())));
  }

  /**
   * Moves a share of each class's training texts to the validation and the test split. Shares are
   * rounded to the nearest whole text; a class keeps at least one text in training.
   *
   * @param rows what {@link #compareTexts} returned
   */
  public static Dataset<Row> holdOut(Dataset<Row> rows, double validationShare, double testShare) {
    Column drawnFrom =
        col("split")
            .equalTo(Split.TRAIN)
            .and(col("reason").isNull())
            .and(col(CONFLICT).equalTo(false));
    Column stratum = when(drawnFrom, col("label"));
    Column bucket = when(drawnFrom, lit(-1L)).otherwise(pmod(col(DRAW), lit(BUCKETS)));
    WindowSpec sameClass = Window.partitionBy(STRATUM, BUCKET);
    Column rank = dense_rank().over(sameClass.orderBy(DRAW, FINGERPRINT));
    Column texts = max("rank").over(sameClass);
    Column spare = texts.minus(1);
    Column testTexts = least(nearest(texts, testShare), spare);
    Column validationTexts =
        least(nearest(texts, validationShare), greatest(spare.minus(testTexts), lit(0)));
    return rows.withColumn(STRATUM, stratum)
        .withColumn(BUCKET, bucket)
        .repartition(partitions(rows), col(STRATUM), col(BUCKET))
        .withColumn("rank", rank)
        .withColumn(
            "split",
            when(drawnFrom.equalTo(false), col("split"))
                .when(col("rank").leq(testTexts), Split.TEST)
                .when(col("rank").leq(testTexts.plus(validationTexts)), Split.VALIDATION)
                .otherwise(Split.TRAIN));
  }

  private static Column nearest(Column texts, double share) {
    return floor(texts.multiply(share).plus(0.5));
  }

  /**
   * As many partitions as the size of the sources calls for, at most spark.sql.shuffle.partitions:
   * Spark does not merge small partitions of a cached query, and 200 tasks for a small file would
   * take far longer than their work.
   */
  private static int partitions(Dataset<Row> rows) {
    SparkSession session = rows.sparkSession();
    BigInteger bytes = rows.queryExecution().optimizedPlan().stats().sizeInBytes().bigInteger();
    BigInteger needed = bytes.divide(PARTITION_BYTES).add(BigInteger.ONE);
    BigInteger allowed =
        new BigInteger(session.conf().get("spark.sql.shuffle.partitions", "200").trim());
    return Math.max(
        session.sparkContext().defaultParallelism(), needed.min(allowed).intValueExact());
  }
}
