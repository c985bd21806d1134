package io.sparkfinetune.jobs;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.element_at;

import io.sparkfinetune.evaluate.ClassificationMetrics;
import io.sparkfinetune.evaluate.ClassificationMetrics.Accumulator;
import java.util.HashMap;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;

/** Measures predicted rows against their labels, where the rows are. */
final class Evaluator {
  private Evaluator() {}

  /**
   * The metrics of rows.
   *
   * @param predicted columns as {@link Predictions} adds them, and {@code labelColumn}, whose
   *     values are all among {@code labels}
   * @param labels the label names, by index
   */
  static ClassificationMetrics evaluate(
      Dataset<Row> predicted, String labelColumn, List<String> labels) {
    HashMap<String, Integer> indices = new HashMap<>();
    labels.forEach(label -> indices.put(label, indices.size()));
    int classes = labels.size();
    Dataset<Row> rows =
        predicted.select(
            Predictions.named(labelColumn).cast("string"),
            col(Predictions.PREDICTION),
            element_at(col(Predictions.PROBABILITIES), Predictions.named(labelColumn)));
    return rows.javaRDD()
        .mapPartitions(
            partition -> {
              Accumulator accumulator = new Accumulator(classes);
              partition.forEachRemaining(row -> add(accumulator, row, indices));
              return List.of(accumulator).iterator();
            })
        .fold(new Accumulator(classes), Accumulator::merge)
        .metrics();
  }

  private static void add(Accumulator accumulator, Row row, HashMap<String, Integer> indices) {
    Integer label = indices.get(row.getString(0));
    Integer predicted = indices.get(row.getString(1));
    if (label == null || predicted == null || row.isNullAt(2)) {
      throw new IllegalStateException(
          "a row of label " + row.get(0) + " got the prediction " + row.get(1));
    }
    accumulator.add(label, predicted, row.getDouble(2));
  }
}
