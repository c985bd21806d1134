package org.sparkfinetune.audit;

/**
 * How much a row's probabilities speak for its given label, from 0 to 1, more being better: the
 * names and definitions of cleanlab's label quality scores.
 */
public enum QualityScore {
  /** The given label's probability. */
  SELF_CONFIDENCE {
    @Override
    double of(int label, double[] probabilities) {
      return probabilities[label];
    }
  },

  /** The given label's probability less the largest of the others, moved to the range 0 to 1. */
  NORMALIZED_MARGIN {
    @Override
    double of(int label, double[] probabilities) {
      double other = Double.NEGATIVE_INFINITY;
      for (int k = 0; k < probabilities.length; k++) {
        if (k != label) {
          other = Math.max(other, probabilities[k]);
        }
      }
      return (probabilities[label] - other + 1) / 2;
    }
  },

  /**
   * {@code log(e + 1) / e}, where e is the entropy as a share of the largest possible one, divided
   * by the given label's probability.
   */
  CONFIDENCE_WEIGHTED_ENTROPY {
    @Override
    double of(int label, double[] probabilities) {
      double entropy = 0;
      for (double p : probabilities) {
        entropy -= p == 0 ? 0 : p * Math.log(p);
      }
      double weighted =
          entropy / Math.log(probabilities.length) / Math.max(probabilities[label], SMALLEST);
      return Math.log(weighted + 1) / Math.max(weighted, SMALLEST);
    }
  };

  /** What cleanlab divides by at least. */
  private static final double SMALLEST = 1e-6;

  /**
   * The score of a row.
   *
   * @param label the index of the given label
   * @param probabilities of at least two classes, each from 0 to 1
   */
  abstract double of(int label, double[] probabilities);
}
