package org.sparkfinetune.pipeline;

import static org.apache.spark.sql.functions.array;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.element_at;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.transform;

import java.io.Serializable;
import java.util.HashMap;
import java.util.List;
import java.util.OptionalDouble;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.sparkfinetune.data.TextColumns;
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
   * @param predicted columns as {@link PredictionColumns} adds them, and {@code labelColumn}, whose
   *     values are all among {@code labels}
   * @param labels the label names, by index
   * @param threshold the probability from which on a label is predicted; empty for single-label
   */
  static Metrics evaluate(
      Dataset<Row> predicted,
      String labelColumn,
      List<String> labels,
      ProblemType problemType,
      OptionalDouble threshold) {
    Column label = TextColumns.named(labelColumn);
    Column ofRow =
        problemType.task().hasLabelSets()
            ? label.cast("array<string>")
            : array(label.cast("string"));
    Column probabilities =
        transform(
            lit(labels.toArray(String[]::new)),
            name -> element_at(col(PredictionColumns.PROBABILITIES), name));
    return new PredictionMetrics(labels, problemType, threshold)
        .evaluate(predicted.select(ofRow, probabilities).javaRDD());
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
    if (row.anyNull() || row.getList(0).contains(null) || row.getList(1).contains(null)) {
      throw unmeasurable(row);
    }
    accumulator.add(
        row.<String>getList(0).stream().mapToInt(label -> index(row, label)).toArray(),
        row.<Double>getList(1).stream().mapToDouble(Double::doubleValue).toArray());
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
        "a row of labels " + list(row, 0) + " got the probabilities " + list(row, 1));
  }

  private static Object list(Row row, int column) {
    return row.isNullAt(column) ? null : row.getList(column);
  }
}
