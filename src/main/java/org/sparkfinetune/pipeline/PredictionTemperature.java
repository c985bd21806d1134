package org.sparkfinetune.pipeline;

import java.util.List;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.storage.StorageLevel;
import org.sparkfinetune.evaluate.TemperatureScaling;
import org.sparkfinetune.evaluate.TemperatureScaling.Slope;
import org.sparkfinetune.evaluate.TemperatureSums;

/** Finds the temperature that predicted rows are best divided by, where the rows are. */
final class PredictionTemperature {
  private PredictionTemperature() {}

  /**
   * The best temperature, see {@link TemperatureScaling}. The rows are predicted once; each step of
   * the search adds up three numbers of each.
   *
   * @param predicted as of {@link LabeledRows#of}
   * @param now what their logits have been divided by
   */
  static double of(Dataset<Row> predicted, String labelColumn, LabeledRows reader, double now) {
    JavaRDD<Row> rows = reader.of(predicted, labelColumn).persist(StorageLevel.MEMORY_AND_DISK());
    try {
      return TemperatureScaling.fit(now, inverse -> slope(rows, reader, inverse));
    } finally {
      rows.unpersist();
    }
  }

  private static Slope slope(JavaRDD<Row> rows, LabeledRows reader, double inverse) {
    List<double[]> states =
        rows.mapPartitions(
                some -> {
                  TemperatureSums sums = new TemperatureSums(reader.problemType(), inverse);
                  some.forEachRemaining(
                      row -> sums.add(reader.labels(row), reader.probabilities(row)));
                  return List.of(sums.state()).iterator();
                })
            .collect();
    TemperatureSums all = new TemperatureSums(reader.problemType(), inverse);
    states.forEach(all::merge);
    return all.slope();
  }
}
