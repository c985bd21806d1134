package org.sparkfinetune.pipeline;

import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.function.FlatMapFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.storage.StorageLevel;
import org.sparkfinetune.UserException;

/**
 * Finds the class means and the shared covariance of rows' pooled vectors, where the rows are: sums
 * travel. The covariance is shrunk towards a sphere by as much as Ledoit and Wolf (2004) find best,
 * as scikit-learn's {@code LedoitWolf} does, so that it is positive definite also of fewer rows
 * than dimensions.
 */
final class MahalanobisFit {
  private static final int DEPTH = 2;

  private MahalanobisFit() {}

  /**
   * Fits.
   *
   * @param predicted as of {@link LabeledRows#pooled}
   */
  static MahalanobisScore of(Dataset<Row> predicted, String labelColumn, LabeledRows reader) {
    JavaRDD<Row> rows =
        reader.pooled(predicted, labelColumn).persist(StorageLevel.MEMORY_AND_DISK());
    try {
      int labels = reader.size();
      double[][] means = means(rows, reader, labels);
      return new MahalanobisScore(means, covariance(rows, reader, means));
    } finally {
      rows.unpersist();
    }
  }

  private static double[][] means(JavaRDD<Row> rows, LabeledRows reader, int labels) {
    double[][] sums =
        reduced(
            rows,
            part -> {
              double[][] own = new double[labels + 1][];
              own[labels] = new double[labels];
              while (part.hasNext()) {
                Row row = part.next();
                int label = reader.labels(row)[0];
                double[] vector = reader.vector(row);
                own[labels][label]++;
                own[label] = own[label] == null ? vector : plus(own[label], vector);
              }
              return List.<double[][]>of(own).iterator();
            });
    double[] some =
        Arrays.stream(sums, 0, labels)
            .filter(sum -> sum != null)
            .findFirst()
            .orElseThrow(
                () ->
                    new UserException(
                        "no row can be calibrated by: expected labeled rows with texts"));
    double[][] means = new double[labels][some.length];
    for (int label = 0; label < labels; label++) {
      double[] sum = sums[label];
      double count = sums[labels][label];
      Arrays.setAll(means[label], i -> sum == null ? Double.NaN : sum[i] / count);
    }
    return means;
  }

  private static double[][] covariance(JavaRDD<Row> rows, LabeledRows reader, double[][] means) {
    int width = means[0].length;
    // The last row has how many rows there are, and the sum of their lengths to the fourth.
    double[][] sums =
        reduced(
            rows,
            some -> {
              double[][] own = new double[width + 1][width];
              own[width] = new double[2];
              while (some.hasNext()) {
                Row row = some.next();
                double[] mean = means[reader.labels(row)[0]];
                double[] vector = reader.vector(row);
                double length = 0;
                for (int i = 0; i < width; i++) {
                  vector[i] -= mean[i];
                  length += vector[i] * vector[i];
                }
                for (int i = 0; i < width; i++) {
                  for (int j = 0; j <= i; j++) {
                    own[i][j] += vector[i] * vector[j];
                  }
                }
                own[width][0]++;
                own[width][1] += length * length;
              }
              return List.<double[][]>of(own).iterator();
            });
    return shrunk(sums, sums[width][0], sums[width][1]);
  }

  /**
   * Ledoit and Wolf's estimate.
   *
   * @param products the lower triangle of the sum of the centered vectors' products
   * @param fourth the sum of the vectors' lengths to the fourth
   */
  private static double[][] shrunk(double[][] products, double rows, double fourth) {
    int width = products.length - 1;
    double[][] covariance = new double[width][width];
    double trace = 0;
    double squares = 0;
    for (int i = 0; i < width; i++) {
      for (int j = 0; j <= i; j++) {
        double value = products[i][j] / rows;
        covariance[i][j] = value;
        covariance[j][i] = value;
        squares += (i == j ? 1 : 2) * value * value;
      }
      trace += covariance[i][i];
    }
    double sphere = trace / width;
    double scatter = (fourth / rows - squares) / (width * rows);
    double distance = (squares - 2 * sphere * trace + width * sphere * sphere) / width;
    double least = Math.min(scatter, distance);
    double shrinkage = least == 0 ? 0 : least / distance;
    for (int i = 0; i < width; i++) {
      for (int j = 0; j < width; j++) {
        covariance[i][j] *= 1 - shrinkage;
      }
      covariance[i][i] += shrinkage * sphere;
    }
    return covariance;
  }

  private static double[][] reduced(
      JavaRDD<Row> rows, FlatMapFunction<Iterator<Row>, double[][]> ofPartition) {
    return rows.mapPartitions(ofPartition)
        .treeReduce(
            (a, b) -> {
              double[][] sums = new double[a.length][];
              Arrays.setAll(
                  sums, i -> a[i] == null ? b[i] : b[i] == null ? a[i] : plus(a[i], b[i]));
              return sums;
            },
            DEPTH);
  }

  private static double[] plus(double[] a, double[] b) {
    double[] sum = new double[a.length];
    Arrays.setAll(sum, i -> a[i] + b[i]);
    return sum;
  }
}
