package org.sparkfinetune.data;

import static org.apache.spark.sql.functions.broadcast;
import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.dense_rank;
import static org.apache.spark.sql.functions.first;
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
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.expressions.Window;
import org.apache.spark.sql.expressions.WindowSpec;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.sparkfinetune.task.ProblemType;

/**
 * Compares texts across the splits, and holds training rows out. Lazy: two shuffles, no job.
 *
 * <p>A text pair is compared as a whole, and wherever "text" is said here, the pair is meant.
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
  private static final String RANK = "rank";
  private static final String HELD_OUT = "held_out";

  /** What is added beside {@link #CONFLICT}; of no use to a caller. */
  static final String[] WORKING_COLUMNS = {FINGERPRINT, DRAW, STRATUM, BUCKET, RANK, HELD_OUT};

  /** Of a source as stored, which may be compressed. */
  private static final BigInteger PARTITION_BYTES = BigInteger.valueOf(16L << 20);

  /** Keeps rows that are not to be drawn from out of one huge partition. */
  private static final int BUCKETS = 1024;

  private StratifiedSplit() {}

  /**
   * Marks a share of the examples of each class, or label, to validate on.
   *
   * @param examples columns {@code reason} (null for one that can be used), {@code text}, {@code
   *     text_pair} (of pairs alone) and {@code labels} (a sorted array)
   * @param share more than 0, less than 1
   * @return the same columns and {@link ExampleColumns#IS_VALIDATION}
   */
  public static Dataset<Row> markValidation(
      Dataset<Row> examples, double share, ProblemType problemType, long seed) {
    Dataset<Row> compared = compareTexts(examples.withColumn("split", lit(Split.TRAIN)), seed);
    Dataset<Row> split =
        problemType.task().hasLabelSets()
            ? holdOutSets(compared, share, 0)
            : holdOut(compared, share, 0);
    List<Column> columns = new ArrayList<>();
    for (String column : examples.columns()) {
      columns.add(col(column));
    }
    columns.add(col("split").equalTo(Split.VALIDATION).as(ExampleColumns.IS_VALIDATION));
    return split.select(columns.toArray(Column[]::new));
  }

  /**
   * Adds {@link #CONFLICT}, and gives {@link RejectReason#TEXT_IN_EARLIER_SPLIT} to the validation
   * and test rows that have that fault and no other.
   *
   * @param rows columns {@code split} (as in {@link Split}), {@code reason} (null for a row that
   *     can be used), {@code text}, {@code text_pair} (of pairs alone) and {@code labels} (a sorted
   *     array); also returned, with two columns for {@link #holdOut} and {@link #holdOutSets}
   */
  static Dataset<Row> compareTexts(Dataset<Row> rows, long seed) {
    Column[] key = key(rows);
    WindowSpec sameText = Window.partitionBy(FINGERPRINT, DRAW);
    Column usable = col("reason").isNull();
    Column inTrain = usable.and(col("split").equalTo(Split.TRAIN));
    Column inValidation = usable.and(col("split").equalTo(Split.VALIDATION));
    Column trainLabel = when(inTrain, col("labels"));
    Column inEarlierSplit =
        when(col("split").equalTo(Split.VALIDATION), max(inTrain).over(sameText))
            .when(col("split").equalTo(Split.TEST), max(inTrain.or(inValidation)).over(sameText))
            .otherwise(false);
    return rows.withColumn(FINGERPRINT, xxhash64(key))
        .withColumn(DRAW, xxhash64(seeded(seed, key)))
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
                col("reason"), when(inEarlierSplit, RejectReason.TEXT_IN_EARLIER_SPLIT.code())));
  }

  /** The text, or the pair of texts, by which rows are compared. */
  static Column[] key(Dataset<Row> rows) {
    Column text = TextColumns.trimmed(col("text"));
    return Arrays.asList(rows.columns()).contains(ExampleColumns.TEXT_PAIR)
        ? new Column[] {text, TextColumns.trimmed(col(ExampleColumns.TEXT_PAIR))}
        : new Column[] {text};
  }

  /** With a seed before it, for another hash of it. */
  static Column[] seeded(long seed, Column[] key) {
    return Stream.concat(Stream.of(lit(seed)), Arrays.stream(key)).toArray(Column[]::new);
  }

  private static Column drawnFrom() {
    return col("split")
        .equalTo(Split.TRAIN)
        .and(col("reason").isNull())
        .and(col(CONFLICT).equalTo(false));
  }

  /**
   * Moves a share of each class's training texts to the validation and the test split. Shares are
   * rounded to the nearest whole text; a class keeps at least one text in training.
   *
   * @param rows what {@link #compareTexts} returned
   */
  static Dataset<Row> holdOut(Dataset<Row> rows, double validationShare, double testShare) {
    Column drawnFrom = drawnFrom();
    Column stratum = when(drawnFrom, col("labels"));
    Column bucket = when(drawnFrom, lit(-1L)).otherwise(pmod(col(DRAW), lit(BUCKETS)));
    WindowSpec sameClass = Window.partitionBy(STRATUM, BUCKET);
    Column rank = dense_rank().over(sameClass.orderBy(DRAW, FINGERPRINT));
    Column texts = max(RANK).over(sameClass);
    Column spare = texts.minus(1);
    Column testTexts = least(nearest(texts, testShare), spare);
    Column validationTexts =
        least(nearest(texts, validationShare), greatest(spare.minus(testTexts), lit(0)));
    return rows.withColumn(STRATUM, stratum)
        .withColumn(BUCKET, bucket)
        .repartition(partitions(rows), col(STRATUM), col(BUCKET))
        .withColumn(RANK, rank)
        .withColumn(
            "split",
            when(drawnFrom.equalTo(false), col("split"))
                .when(col(RANK).leq(testTexts), Split.TEST)
                .when(col(RANK).leq(testTexts.plus(validationTexts)), Split.VALIDATION)
                .otherwise(Split.TRAIN));
  }

  /**
   * Moves a share of the training texts of multi-label data to the validation and the test split,
   * so that each label has about that share of its texts there ({@link IterativeStratification}).
   * One task holds the labels of all different training texts.
   *
   * @param rows what {@link #compareTexts} returned
   */
  static Dataset<Row> holdOutSets(Dataset<Row> rows, double validationShare, double testShare) {
    StructType schema =
        new StructType()
            .add(FINGERPRINT, DataTypes.LongType)
            .add(DRAW, DataTypes.LongType)
            .add(HELD_OUT, DataTypes.StringType);
    MapPartitionsFunction<Row, Row> draw =
        texts -> IterativeStratification.heldOut(texts, validationShare, testShare);
    Dataset<Row> heldOut =
        rows.where(drawnFrom())
            .groupBy(FINGERPRINT, DRAW)
            .agg(first("labels"))
            .coalesce(1)
            .mapPartitions(draw, Encoders.row(schema));
    Column moved = when(drawnFrom(), col(HELD_OUT));
    return rows.join(broadcast(heldOut), new String[] {FINGERPRINT, DRAW}, "left")
        .withColumn("split", coalesce(moved, col("split")));
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
