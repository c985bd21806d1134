package org.sparkfinetune.evaluate;

/**
 * Brier score of single labels: the mean over rows of the squared distances between probabilities
 * and the row's label, which has 1 where all others have 0. Of two classes it is half of that, the
 * squared distance of one, as in scikit-learn's {@code brier_score_loss}.
 */
final class BrierScore extends RowMean {
  private static final long serialVersionUID = 1L;

  @Override
  double of(int[] labels, double[] probabilities) {
    double sum = 0;
    for (int label = 0; label < probabilities.length; label++) {
      double distance = probabilities[label] - (label == labels[0] ? 1 : 0);
      sum += distance * distance;
    }
    return probabilities.length == 2 ? sum / 2 : sum;
  }
}
