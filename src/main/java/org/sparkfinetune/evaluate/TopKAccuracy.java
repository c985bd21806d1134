package org.sparkfinetune.evaluate;

/**
 * Share of rows whose label is among the {@code k} most probable ones; of equal probabilities the
 * later label counts as the more probable, as in scikit-learn's {@code top_k_accuracy_score}.
 */
final class TopKAccuracy extends RowMean {
  private static final long serialVersionUID = 1L;

  private final int k;

  TopKAccuracy(int k) {
    this.k = k;
  }

  @Override
  double of(int[] labels, double[] probabilities) {
    double own = probabilities[labels[0]];
    int before = 0;
    for (int label = 0; label < probabilities.length; label++) {
      double p = probabilities[label];
      before += p > own || p == own && label > labels[0] ? 1 : 0;
    }
    return before < k ? 1 : 0;
  }
}
