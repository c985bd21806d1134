package org.sparkfinetune.pipeline;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.stream.IntStream;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;
import org.apache.spark.ml.linalg.SQLDataTypes;
import org.apache.spark.ml.linalg.Vectors;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.sparkfinetune.evaluate.Bootstrap;
import org.sparkfinetune.evaluate.Metrics;
import org.sparkfinetune.task.ProblemType;

/** Measures rows that bench/evaluate.py has as an array, in one JVM that is driver and executor. */
final class MeasureRowsMain {
  private static final int PARTITIONS = 8;

  private MeasureRowsMain() {}

  /** Takes rows, classes and replicates; prints JSON. */
  public static void main(String[] args) throws Exception {
    int count = Integer.parseInt(args[0]);
    int classes = Integer.parseInt(args[1]);
    int replicates = Integer.parseInt(args[2]);
    SparkSession spark =
        SparkSession.builder().master("local[*]").config("spark.ui.enabled", false).getOrCreate();
    StructType schema =
        new StructType()
            .add(PredictionColumns.ROW, new StructType().add("label", DataTypes.StringType))
            .add(PredictionColumns.PROBABILITY, SQLDataTypes.VectorType());
    JavaRDD<Row> rows =
        new JavaSparkContext(spark.sparkContext())
            .parallelize(IntStream.range(0, PARTITIONS).boxed().toList(), PARTITIONS)
            .flatMap(
                part ->
                    IntStream.range(0, count)
                        .filter(row -> row % PARTITIONS == part)
                        .mapToObj(row -> row(row, classes))
                        .iterator());
    List<String> labels = IntStream.range(0, classes).mapToObj(String::valueOf).toList();
    long begun = System.nanoTime();
    Metrics metrics =
        PredictionMetrics.evaluate(
            spark.createDataFrame(rows, schema),
            "label",
            labels,
            ProblemType.SINGLE_LABEL_CLASSIFICATION,
            OptionalDouble.empty(),
            replicates == 0 ? Optional.empty() : Optional.of(new Bootstrap(replicates, 42, 0.95)),
            Optional.empty());
    double seconds = (System.nanoTime() - begun) / 1e9;
    ObjectNode result = new ObjectMapper().createObjectNode();
    result.put("seconds", seconds);
    result.put("old_heap_mb", oldHeap() / (double) (1 << 20));
    ObjectNode values = result.putObject("metrics");
    metrics.toMap("").forEach(values::put);
    System.out.println(result);
    spark.stop();
  }

  /** The formula of bench/evaluate.py, in whole numbers but for the last division. */
  private static Row row(int i, int classes) {
    int label = (int) (i * 37L % classes);
    double[] probabilities = new double[classes];
    long sum = 0;
    for (int j = 0; j < classes; j++) {
      long weight = (i * 7919L + j * 104729L + (long) i * j * 31) % 1009;
      weight = j == label ? weight * 20 : weight;
      probabilities[j] = weight;
      sum += weight;
    }
    for (int j = 0; j < classes; j++) {
      probabilities[j] /= sum;
    }
    return RowFactory.create(
        RowFactory.create(String.valueOf(label)), Vectors.dense(probabilities));
  }

  /** The most that the old generation has held: what outlived collections. */
  private static long oldHeap() {
    return ManagementFactory.getMemoryPoolMXBeans().stream()
        .filter(pool -> pool.getType() == MemoryType.HEAP && pool.getName().contains("Old"))
        .map(MemoryPoolMXBean::getPeakUsage)
        .mapToLong(usage -> usage.getUsed())
        .sum();
  }
}
