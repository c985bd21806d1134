package org.sparkfinetune.evaluate;

/**
 * Log loss of sets of labels in nats: the mean over rows and labels of {@code -ln p} for a label
 * that the row has and {@code -ln (1 - p)} for one that it has not, clipped as those of {@link
 * LogLoss}.
 */
final class BinaryLogLoss extends RowMean {
  private static final long serialVersionUID = 2L;

  @Override
  double of(int[] labels, double[] probabilities) {
    boolean[] isLabel = Checks.indicators(labels, probabilities.length);
    double loss = 0;
    for (int label = 0; label < isLabel.length; label++) {
      double p = probabilities[label];
      loss -= LogLoss.log(isLabel[label] ? p : 1 - p);
    }
    return loss / probabilities.length;
  }
}
