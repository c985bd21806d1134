package org.sparkfinetune.audit;

import java.util.Arrays;
import java.util.List;
import org.apache.spark.api.java.JavaPairRDD;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;

/**
 * Rows that are of none of the labels, as cleanlab tells them from predictions ({@code
 * OutOfDistribution} with {@code adjust_pred_probs} and {@code entropy}, and the rule of its
 * Datalab for which are outliers).
 */
final class Outliers {
  /** A score is an outlier's below this times the median: Datalab's default for predictions. */
  private static final double OF_MEDIAN = 0.13;

  private Outliers() {}

  /**
   * How surely a row is of one of the labels: 1 less the entropy of its probabilities, in units of
   * the largest one, when each label's threshold has been taken from them.
   *
   * @param probabilities by class
   * @param thresholds by class, those of {@link ConfidentLearning}
   * @return from 0, an outlier, to 1
   */
  static double score(double[] probabilities, double[] thresholds) {
    int classes = probabilities.length;
    double largest = Arrays.stream(thresholds).max().orElseThrow();
    double[] adjusted = new double[classes];
    double sum = 0;
    for (int k = 0; k < classes; k++) {
      adjusted[k] = probabilities[k] - thresholds[k] + largest;
      sum += adjusted[k];
    }
    double entropy = 0;
    for (double value : adjusted) {
      double share = value / sum;
      entropy -= share > 0 ? share * Math.log(share) : 0;
    }
    return 1 - entropy / Math.log(classes);
  }

  /**
   * Below which score rows are outliers.
   *
   * @param scores one column, of at least one row; sorted on the cluster
   */
  static double limit(Dataset<Row> scores) {
    JavaPairRDD<Double, Long> sorted =
        scores
            .as(Encoders.DOUBLE())
            .javaRDD()
            .sortBy(score -> score, true, Math.max(1, scores.rdd().getNumPartitions()))
            .zipWithIndex();
    long rows = scores.count();
    long below = (rows - 1) / 2;
    long above = rows / 2;
    List<Double> middle =
        sorted.filter(score -> score._2() == below || score._2() == above).keys().collect();
    return OF_MEDIAN * middle.stream().mapToDouble(Double::doubleValue).average().orElseThrow();
  }
}
