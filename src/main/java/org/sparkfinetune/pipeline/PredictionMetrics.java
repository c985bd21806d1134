package org.sparkfinetune.pipeline;

import static org.apache.spark.sql.functions.array;
import static org.apache.spark.sql.functions.col;

import java.io.Serializable;
import java.util.HashMap;
import java.util.List;
import java.util.OptionalDouble;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.ml.linalg.Vector;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.sparkfinetune.evaluate.Accumulators;
import org.sparkfinetune.evaluate.Metrics;
import org.sparkfinetune.evaluate.MetricsAccumulator;
import org.sparkfinetune.task.ProblemType;

/** Measures predicted rows against their labels, where the rows are. */
final class PredictionMetrics implements Serializable {
  private static final long serialVersionUID = 1L;

  private final HashMap<String, Integer> indices = new HashMap<>();

  private final ProblemType problemType;

  /** NaN for none: there is no {@code OptionalDouble} that can be sent. */
  private final double threshold;

  private PredictionMetrics(
      List<String> labels, ProblemType problemType, OptionalDouble threshold) {
    this.problemType = problemType;
    this.threshold = threshold.orElse(Double.NaN);
    labels.forEach(label -> indices.put(label, indices.size()));
  }

  /**
   * The metrics of rows.
   *
   * @param predicted what {@link PredictionColumns#vectors} gives of rows with {@code labelColumn},
   *     whose values are all among {@code labels}
   * @param labels the label names, by index
   * @param threshold the probability from which on a label is predicted; empty for single-label
   */
  static Metrics evaluate(
      Dataset<Row> predicted,
      String labelColumn,
      List<String> labels,
      ProblemType problemType,
      OptionalDouble threshold) {
    Column label = col(PredictionColumns.ROW).getField(labelColumn);
    Column ofRow =
        problemType.task().hasLabelSets()
            ? label.cast("array<string>")
            : array(label.cast("string"));
    return new PredictionMetrics(labels, problemType, threshold)
        .evaluate(predicted.select(ofRow, col(PredictionColumns.PROBABILITY)).javaRDD());
  }

  private Metrics evaluate(JavaRDD<Row> rows) {
    return rows.mapPartitions(
            ofPartition -> {
              MetricsAccumulator accumulator = accumulator();
              ofPartition.forEachRemaining(row -> add(accumulator, row));
              return List.of(accumulator).iterator();
            })
        .fold(accumulator(), (all, some) -> all.merge(some.state()))
        .metrics();
  }

  private MetricsAccumulator accumulator() {
    OptionalDouble given =
        Double.isNaN(threshold) ? OptionalDouble.empty() : OptionalDouble.of(threshold);
    return Accumulators.of(problemType, indices.size(), given);
  }

  private void add(MetricsAccumulator accumulator, Row row) {
    if (row.anyNull() || row.getList(0).contains(null)) {
      throw unmeasurable(row);
    }
    accumulator.add(
        row.<String>getList(0).stream().mapToInt(label -> index(row, label)).toArray(),
        row.<Vector>getAs(1).toArray());
  }

  private int index(Row row, String label) {
    Integer index = indices.get(label);
    if (index == null) {
      throw unmeasurable(row);
    }
    return index;
  }

  private static IllegalStateException unmeasurable(Row row) {
    return new IllegalStateException(
        "a row of labels "
            + (row.isNullAt(0) ? null : row.getList(0))
            + " got the probabilities "
            + row.get(1));
  }
}
