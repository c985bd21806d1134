package org.sparkfinetune.audit;

import static org.apache.spark.sql.functions.array_distinct;
import static org.apache.spark.sql.functions.array_intersect;
import static org.apache.spark.sql.functions.array_join;
import static org.apache.spark.sql.functions.array_union;
import static org.apache.spark.sql.functions.broadcast;
import static org.apache.spark.sql.functions.coalesce;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.concat_ws;
import static org.apache.spark.sql.functions.count;
import static org.apache.spark.sql.functions.count_distinct;
import static org.apache.spark.sql.functions.explode;
import static org.apache.spark.sql.functions.expr;
import static org.apache.spark.sql.functions.length;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.lower;
import static org.apache.spark.sql.functions.monotonically_increasing_id;
import static org.apache.spark.sql.functions.regexp_replace;
import static org.apache.spark.sql.functions.size;
import static org.apache.spark.sql.functions.sum;
import static org.apache.spark.sql.functions.trim;
import static org.apache.spark.sql.functions.when;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.spark.ml.feature.HashingTF;
import org.apache.spark.ml.feature.MinHashLSH;
import org.apache.spark.ml.feature.MinHashLSHModel;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.storage.StorageLevel;
import org.sparkfinetune.data.DataArguments;
import org.sparkfinetune.data.DatasetPreparation;
import org.sparkfinetune.data.ExampleColumns;
import org.sparkfinetune.data.Split;
import org.sparkfinetune.report.AuditFigures;
import org.sparkfinetune.task.ProblemType;

/**
 * Texts that occur more than once, within the training rows and between them and the other sets.
 *
 * <p>Two texts are equal if they are so but for case and white space. They are nearly equal if the
 * Jaccard index of their sequences of {@value #SHINGLE} characters is not below a bound: MinHash
 * LSH (Spark MLlib's hashes, in {@value #BANDS} bands of {@value #ROWS_OF_BAND}) finds the pairs
 * that may be, and each is then computed. At an index of 0.8 a pair is missed with a probability of
 * {@code (1 - 0.8^3)^10 = 8e-4}. The pairs that are found come to the driver, as two numbers each,
 * to be joined to groups.
 */
final class Duplicates {
  private static final int SHINGLE = 5;
  private static final int BANDS = 10;
  private static final int ROWS_OF_BAND = 3;
  private static final int FEATURES = 1 << 20;
  private static final long SEED = 42;

  private static final String KEY = "key";
  private static final String TEXT_ID = "text_id";
  private static final String GROUP = "group";
  private static final String KIND = "kind";
  private static final String LABELS = "labels";
  private static final String SPLIT = "split";
  private static final String EXACT = "exact";
  private static final String NEAR = "near";

  private Duplicates() {}

  /**
   * Finds them in all the sets that are given.
   *
   * @param similarity the bound, above 0; 1 for equal texts alone
   * @param writer takes the rows of all groups: {@code group}, {@code kind}, {@code split}, {@code
   *     text}, {@code text_pair} (of pairs alone) and {@code label}
   */
  static AuditFigures.Duplicates find(
      SparkSession spark,
      DataArguments data,
      ProblemType problem,
      double similarity,
      Consumer<Dataset<Row>> writer) {
    Dataset<Row> rows = DatasetPreparation.readSplits(spark, data, problem);
    Dataset<Row> keyed = rows.withColumn(KEY, key(rows)).persist(StorageLevel.MEMORY_AND_DISK());
    Dataset<Row> texts =
        keyed
            .groupBy(KEY)
            .agg(count(lit(1)).as("times"))
            .withColumn(TEXT_ID, monotonically_increasing_id())
            .persist(StorageLevel.MEMORY_AND_DISK());
    try {
      Dataset<Row> groups = groups(spark, similarity < 1 ? pairs(texts, similarity) : List.of());
      // A text that is near another one is in that group, also where it occurs twice.
      Dataset<Row> grouped =
          keyed
              .join(texts, KEY)
              .join(broadcast(groups), new String[] {TEXT_ID}, "left")
              .where(col(GROUP).isNotNull().or(col("times").gt(1)))
              .withColumn(KIND, when(col(GROUP).isNotNull(), NEAR).otherwise(EXACT))
              .withColumn(GROUP, coalesce(col(GROUP), col(TEXT_ID)))
              .persist(StorageLevel.MEMORY_AND_DISK());
      try {
        List<Column> columns = new ArrayList<>(List.of(col(GROUP), col(KIND), col(SPLIT)));
        columns.add(col(ExampleColumns.TEXT));
        if (Arrays.asList(rows.columns()).contains(ExampleColumns.TEXT_PAIR)) {
          columns.add(col(ExampleColumns.TEXT_PAIR));
        }
        columns.add(array_join(col(LABELS), data.labelSeparator()).as(ExampleColumns.LABEL));
        writer.accept(
            grouped
                .orderBy(col(GROUP), col(KEY), col(SPLIT))
                .select(columns.toArray(Column[]::new)));
        return figures(grouped, data);
      } finally {
        grouped.unpersist();
      }
    } finally {
      texts.unpersist();
      keyed.unpersist();
    }
  }

  /** A text as it is compared. */
  private static Column key(Dataset<Row> rows) {
    Column key = folded(col(ExampleColumns.TEXT));
    return Arrays.asList(rows.columns()).contains(ExampleColumns.TEXT_PAIR)
        ? concat_ws("\n", key, folded(col(ExampleColumns.TEXT_PAIR)))
        : key;
  }

  private static Column folded(Column text) {
    return lower(trim(regexp_replace(text, "(?U)[\\s\u200B\uFEFF]+", " ")));
  }

  /** Pairs of ids of texts that are nearly equal. */
  private static List<long[]> pairs(Dataset<Row> texts, double similarity) {
    Column shingles =
        when(length(col(KEY)).lt(SHINGLE), expr("array(key)"))
            .otherwise(
                expr(
                    "transform(sequence(1, length(key) - %d), i -> substring(key, i, %d))"
                        .formatted(SHINGLE - 1, SHINGLE)));
    Dataset<Row> sets =
        texts
            .where(length(col(KEY)).gt(0))
            .select(col(TEXT_ID), array_distinct(shingles).as("shingles"));
    Dataset<Row> vectors =
        new HashingTF()
            .setInputCol("shingles")
            .setOutputCol("features")
            .setNumFeatures(FEATURES)
            .setBinary(true)
            .transform(sets);
    MinHashLSHModel hashing =
        new MinHashLSH()
            .setInputCol("features")
            .setOutputCol("hashes")
            .setNumHashTables(BANDS * ROWS_OF_BAND)
            .setSeed(SEED)
            .fit(vectors);
    Column bands =
        expr(
            "transform(sequence(0, %d), b -> xxhash64(b, transform(slice(hashes, b * %d + 1, %d), h -> cast(vector_first(h) as long))))"
                .formatted(BANDS - 1, ROWS_OF_BAND, ROWS_OF_BAND));
    texts
        .sparkSession()
        .udf()
        .register(
            "vector_first",
            (org.apache.spark.sql.api.java.UDF1<org.apache.spark.ml.linalg.Vector, Double>)
                vector -> vector.apply(0),
            DataTypes.DoubleType);
    Dataset<Row> banded =
        hashing.transform(vectors).select(col(TEXT_ID), col("shingles"), explode(bands).as("band"));
    Dataset<Row> other =
        banded.select(col(TEXT_ID).as("other_id"), col("shingles").as("others"), col("band"));
    Column index =
        size(array_intersect(col("shingles"), col("others")))
            .divide(size(array_union(col("shingles"), col("others"))));
    return banded
        .join(other, "band")
        .where(col(TEXT_ID).lt(col("other_id")))
        .where(index.geq(similarity))
        .select(TEXT_ID, "other_id")
        .distinct()
        .collectAsList()
        .stream()
        .map(row -> new long[] {row.getLong(0), row.getLong(1)})
        .toList();
  }

  /** The texts of pairs with the smallest id that they are joined to by pairs. */
  private static Dataset<Row> groups(SparkSession spark, List<long[]> pairs) {
    Map<Long, Long> above = new HashMap<>();
    for (long[] pair : pairs) {
      long a = root(above, pair[0]);
      long b = root(above, pair[1]);
      above.put(Math.max(a, b), Math.min(a, b));
    }
    List<Row> groups = new ArrayList<>();
    for (long[] pair : pairs) {
      for (long text : pair) {
        groups.add(RowFactory.create(text, root(above, text)));
      }
    }
    StructType schema =
        new StructType().add(TEXT_ID, DataTypes.LongType).add(GROUP, DataTypes.LongType);
    return spark.createDataFrame(groups, schema).distinct();
  }

  private static long root(Map<Long, Long> above, long text) {
    long at = text;
    while (above.getOrDefault(at, at) != at) {
      long next = above.get(at);
      above.put(at, above.getOrDefault(next, next));
      at = next;
    }
    return at;
  }

  private static AuditFigures.Duplicates figures(Dataset<Row> grouped, DataArguments data) {
    // Of each text, how many rows it has in each set.
    Dataset<Row> counts =
        grouped
            .groupBy(GROUP, KIND, KEY)
            .agg(
                rowsOf(Split.TRAIN).as(Split.TRAIN),
                rowsOf(Split.VALIDATION).as(Split.VALIDATION),
                rowsOf(Split.TEST).as(Split.TEST));
    Column inTrain = col(Split.TRAIN).gt(0);
    Row exact =
        counts
            .where(inTrain)
            .agg(
                total(col(Split.TRAIN).gt(1), lit(1L)),
                total(col(Split.TRAIN).gt(1), col(Split.TRAIN)),
                total(inTrain, col(Split.VALIDATION)),
                total(inTrain, col(Split.TEST)))
            .first();
    Column several = col("texts").gt(1);
    Column near = col(KIND).equalTo(NEAR);
    Row nearly =
        counts
            .groupBy(GROUP, KIND)
            .agg(
                total(inTrain, lit(1L)).as("texts"),
                total(inTrain, col(Split.TRAIN)).as(Split.TRAIN),
                total(inTrain.equalTo(false), col(Split.VALIDATION)).as(Split.VALIDATION),
                total(inTrain.equalTo(false), col(Split.TEST)).as(Split.TEST))
            .where(near)
            .agg(
                total(several, lit(1L)),
                total(several, col(Split.TRAIN)),
                total(inTrain, col(Split.VALIDATION)),
                total(inTrain, col(Split.TEST)))
            .first();
    long conflicts =
        grouped
            .groupBy(GROUP)
            .agg(count_distinct(col(LABELS)).as("labels"))
            .where(col("labels").gt(1))
            .count();
    List<AuditFigures.Leak> leaked = new ArrayList<>();
    if (!data.validation().isEmpty()) {
      leaked.add(new AuditFigures.Leak(Split.VALIDATION, exact.getLong(2), nearly.getLong(2)));
    }
    if (!data.test().isEmpty()) {
      leaked.add(new AuditFigures.Leak(Split.TEST, exact.getLong(3), nearly.getLong(3)));
    }
    return new AuditFigures.Duplicates(
        exact.getLong(0),
        exact.getLong(1),
        nearly.getLong(0),
        nearly.getLong(1),
        conflicts,
        leaked);
  }

  private static Column rowsOf(String split) {
    return sum(col(SPLIT).equalTo(split).cast("long"));
  }

  private static Column total(Column which, Column number) {
    return coalesce(sum(when(which, number)), lit(0L));
  }
}
