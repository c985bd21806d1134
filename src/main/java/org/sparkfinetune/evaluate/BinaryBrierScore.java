package org.sparkfinetune.evaluate;

/**
 * Brier score of sets of labels: the mean over rows and labels of the squared distance between the
 * probability and 1 for a label that the row has, 0 for one that it has not.
 */
final class BinaryBrierScore extends RowMean {
  private static final long serialVersionUID = 1L;

  @Override
  double of(int[] labels, double[] probabilities) {
    boolean[] isLabel = Checks.indicators(labels, probabilities.length);
    double sum = 0;
    for (int label = 0; label < isLabel.length; label++) {
      double distance = probabilities[label] - (isLabel[label] ? 1 : 0);
      sum += distance * distance;
    }
    return sum / probabilities.length;
  }
}
