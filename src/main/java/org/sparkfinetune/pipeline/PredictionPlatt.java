package org.sparkfinetune.pipeline;

import java.util.Arrays;
import java.util.List;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.storage.StorageLevel;
import org.sparkfinetune.evaluate.PlattScaling;
import org.sparkfinetune.evaluate.PlattSums;
import org.sparkfinetune.evaluate.ThresholdGrid;

/**
 * Finds what each label's logit is best scaled by, and the threshold that goes with it, where the
 * predicted rows are: they are predicted once, and sums of them travel.
 */
final class PredictionPlatt {
  private PredictionPlatt() {}

  /**
   * What was found.
   *
   * @param fits by label index
   * @param threshold of the best micro-F1 with them
   */
  record Found(List<PlattScaling.Fit> fits, double threshold) {}

  /**
   * Looks for it.
   *
   * @param predicted as of {@link LabeledRows#logits}
   */
  static Found of(Dataset<Row> predicted, String labelColumn, LabeledRows reader) {
    JavaRDD<Row> rows =
        reader.logits(predicted, labelColumn).persist(StorageLevel.MEMORY_AND_DISK());
    try {
      long[] counts = counts(rows, reader);
      int labels = reader.size();
      long[] positives = Arrays.copyOf(counts, labels);
      List<PlattScaling.Fit> fits =
          PlattScaling.fit(
              positives,
              counts[labels],
              parameters -> sums(rows, reader, parameters, positives, counts[labels]));
      return new Found(fits, threshold(rows, reader, fits));
    } finally {
      rows.unpersist();
    }
  }

  /** By label, the rows that have it; then all rows. */
  private static long[] counts(JavaRDD<Row> rows, LabeledRows reader) {
    int labels = reader.size();
    return rows.mapPartitions(
            some -> {
              long[] own = new long[labels + 1];
              some.forEachRemaining(
                  row -> {
                    for (int label : reader.labels(row)) {
                      own[label]++;
                    }
                    own[labels]++;
                  });
              return List.of(own).iterator();
            })
        .fold(
            new long[labels + 1],
            (a, b) -> {
              long[] sum = new long[labels + 1];
              Arrays.setAll(sum, i -> a[i] + b[i]);
              return sum;
            });
  }

  private static PlattSums sums(
      JavaRDD<Row> rows, LabeledRows reader, double[][] parameters, long[] positives, long all) {
    PlattSums merged = new PlattSums(parameters, positives, all);
    rows.mapPartitions(
            some -> {
              PlattSums own = new PlattSums(parameters, positives, all);
              some.forEachRemaining(row -> own.add(reader.labels(row), reader.vector(row)));
              return List.of(own.state()).iterator();
            })
        .collect()
        .forEach(merged::merge);
    return merged;
  }

  private static double threshold(
      JavaRDD<Row> rows, LabeledRows reader, List<PlattScaling.Fit> fits) {
    int labels = reader.size();
    double[] slopes = fits.stream().mapToDouble(PlattScaling.Fit::slope).toArray();
    double[] intercepts = fits.stream().mapToDouble(PlattScaling.Fit::intercept).toArray();
    ThresholdGrid merged = new ThresholdGrid(labels);
    rows.mapPartitions(
            some -> {
              ThresholdGrid own = new ThresholdGrid(labels);
              some.forEachRemaining(
                  row -> {
                    double[] probabilities = reader.vector(row);
                    for (int label = 0; label < labels; label++) {
                      double scaled = slopes[label] * probabilities[label] + intercepts[label];
                      probabilities[label] = 1 / (1 + Math.exp(-scaled));
                    }
                    own.add(reader.labels(row), probabilities);
                  });
              return List.of(own.state()).iterator();
            })
        .collect()
        .forEach(merged::merge);
    return merged.best();
  }
}
