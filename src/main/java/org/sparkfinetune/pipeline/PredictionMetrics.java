package org.sparkfinetune.pipeline;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.element_at;
import static org.apache.spark.sql.functions.lit;
import static org.apache.spark.sql.functions.transform;

import java.io.Serializable;
import java.util.HashMap;
import java.util.List;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.sparkfinetune.data.TextColumns;
import org.sparkfinetune.evaluate.ClassificationMetrics;
import org.sparkfinetune.evaluate.Metrics;
import org.sparkfinetune.evaluate.MultiLabelMetrics;

/** Measures predicted rows against their labels, where the rows are. */
final class PredictionMetrics implements Serializable {
  private static final long serialVersionUID = 1L;

  private final HashMap<String, Integer> indices = new HashMap<>();

  private PredictionMetrics(List<String> labels) {
    labels.forEach(label -> indices.put(label, indices.size()));
  }

  /**
   * The metrics of rows.
   *
   * @param predicted columns as {@link PredictionColumns} adds them, and {@code labelColumn}, whose
   *     values are all among {@code labels}
   * @param labels the label names, by index
   */
  static Metrics evaluate(
      Dataset<Row> predicted, String labelColumn, List<String> labels, boolean multiLabel) {
    Column label = TextColumns.named(labelColumn);
    PredictionMetrics measured = new PredictionMetrics(labels);
    return multiLabel
        ? measured.multiLabel(predicted, label, labels)
        : measured.singleLabel(predicted, label.cast("string"));
  }

  private Metrics singleLabel(Dataset<Row> predicted, Column label) {
    int classes = indices.size();
    return predicted
        .select(
            label,
            col(PredictionColumns.PREDICTION),
            element_at(col(PredictionColumns.PROBABILITIES), label))
        .javaRDD()
        .mapPartitions(
            rows -> {
              var accumulator = new ClassificationMetrics.Accumulator(classes);
              rows.forEachRemaining(row -> add(accumulator, row));
              return List.of(accumulator).iterator();
            })
        .fold(
            new ClassificationMetrics.Accumulator(classes),
            ClassificationMetrics.Accumulator::merge)
        .metrics();
  }

  private Metrics multiLabel(Dataset<Row> predicted, Column labels, List<String> names) {
    int classes = indices.size();
    Column probabilities =
        transform(
            lit(names.toArray(String[]::new)),
            name -> element_at(col(PredictionColumns.PROBABILITIES), name));
    return predicted
        .select(labels, col(PredictionColumns.PREDICTION), probabilities)
        .javaRDD()
        .mapPartitions(
            rows -> {
              var accumulator = new MultiLabelMetrics.Accumulator(classes);
              rows.forEachRemaining(row -> add(accumulator, row));
              return List.of(accumulator).iterator();
            })
        .fold(new MultiLabelMetrics.Accumulator(classes), MultiLabelMetrics.Accumulator::merge)
        .metrics();
  }

  private void add(ClassificationMetrics.Accumulator accumulator, Row row) {
    if (row.anyNull()) {
      throw unmeasurable(row);
    }
    accumulator.add(index(row, row.getString(0)), index(row, row.getString(1)), row.getDouble(2));
  }

  private void add(MultiLabelMetrics.Accumulator accumulator, Row row) {
    if (row.anyNull()) {
      throw unmeasurable(row);
    }
    accumulator.add(
        row.<String>getList(0).stream().mapToInt(label -> index(row, label)).toArray(),
        row.<String>getList(1).stream().mapToInt(label -> index(row, label)).toArray(),
        row.<Double>getList(2).stream().mapToDouble(Double::doubleValue).toArray());
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
        "a row of label " + row.get(0) + " got the prediction " + row.get(1));
  }
}
