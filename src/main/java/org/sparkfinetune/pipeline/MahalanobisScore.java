package org.sparkfinetune.pipeline;

import java.io.Serializable;
import java.util.Arrays;
import org.sparkfinetune.UserException;

/**
 * How far a row's pooled vector is from what the classes' rows have (Lee et al., 2018): the least
 * squared Mahalanobis distance to a class mean, by the covariance within classes, which they share.
 * Immutable.
 */
final class MahalanobisScore implements Serializable {
  private static final long serialVersionUID = 1L;

  private final double[][] means;
  private final double[][] covariance;

  /** The lower triangle L of the covariance, which is L times its transpose. */
  private final double[][] triangle;

  /** The means, divided by L; null for a label without rows. */
  private final double[][] whitened;

  /**
   * Of means and a covariance.
   *
   * @param means by label index; NaN for a label without rows, which then is no class
   * @param covariance symmetric and positive definite
   * @throws UserException when it is not, or no label has a mean, or sizes differ
   */
  MahalanobisScore(double[][] means, double[][] covariance) {
    this.means = means;
    this.covariance = covariance;
    triangle = triangle(covariance);
    whitened =
        Arrays.stream(means)
            .map(mean -> Double.isNaN(mean[0]) ? null : whiten(mean))
            .toArray(double[][]::new);
    if (Arrays.stream(whitened).allMatch(mean -> mean == null)) {
      throw damaged("no class has a mean");
    }
  }

  double[][] means() {
    return means;
  }

  double[][] covariance() {
    return covariance;
  }

  /** By label index, whether it has no rows, and so is no class. */
  boolean lacks(int label) {
    return whitened[label] == null;
  }

  /** The score of a vector: the higher, the less it is like those of any class. */
  double of(double[] pooled) {
    double[] vector = whiten(pooled);
    double least = Double.POSITIVE_INFINITY;
    for (double[] mean : whitened) {
      if (mean != null) {
        double distance = 0;
        for (int i = 0; i < vector.length; i++) {
          distance += (vector[i] - mean[i]) * (vector[i] - mean[i]);
        }
        least = Math.min(least, distance);
      }
    }
    return least;
  }

  /** What L gives the vector of, by forward substitution. */
  private double[] whiten(double[] vector) {
    if (vector.length != triangle.length) {
      throw damaged(vector.length + " numbers for " + triangle.length);
    }
    double[] solved = new double[vector.length];
    for (int i = 0; i < vector.length; i++) {
      double rest = vector[i];
      for (int j = 0; j < i; j++) {
        rest -= triangle[i][j] * solved[j];
      }
      solved[i] = rest / triangle[i][i];
    }
    return solved;
  }

  /** Cholesky's decomposition. */
  private static double[][] triangle(double[][] matrix) {
    double[][] lower = new double[matrix.length][];
    for (int i = 0; i < matrix.length; i++) {
      if (matrix[i].length != matrix.length) {
        throw damaged("a covariance that is not square");
      }
      lower[i] = new double[i + 1];
      for (int j = 0; j <= i; j++) {
        double rest = matrix[i][j];
        for (int k = 0; k < j; k++) {
          rest -= lower[i][k] * lower[j][k];
        }
        lower[i][j] = i == j ? Math.sqrt(rest) : rest / lower[j][j];
      }
      if (!(lower[i][i] > 0) || lower[i][i] == Double.POSITIVE_INFINITY) {
        throw damaged("a covariance that is not positive definite");
      }
    }
    return lower;
  }

  private static UserException damaged(String what) {
    return new UserException(
        "the class means for predict.out_of_scope_score=mahalanobis cannot be used (%s): run jobs/calibrate with calibrate.mahalanobis=true and more rows"
            .formatted(what));
  }
}
