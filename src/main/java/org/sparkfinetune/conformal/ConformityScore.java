package org.sparkfinetune.conformal;

import java.io.Serializable;
import java.util.Arrays;
import java.util.Comparator;

/**
 * How little a label fits a row, computed as MAPIE does: the more, the less. With {@code p} sorted
 * from the most probable label down, {@code r} the place of a label in that order, from 1, and
 * {@code u} a number of the row from 0 to 1, the score of the label is
 *
 * <pre>
 * LAC:  1 - p[r]
 * APS:  p[1] + ... + p[r] - u p[r]
 * RAPS: p[1] + ... + p[r] - u p[r] + penalty max(0, r - unpenalized)
 * </pre>
 *
 * Of equal probabilities the later label comes first, as in scikit-learn and MAPIE.
 *
 * @param randomized whether {@code u} counts, which makes sets smaller: else it is 0. LAC has none
 * @param penalty RAPS's lambda, a probability: what each label behind the {@code unpenalized} first
 *     ones adds
 * @param unpenalized RAPS's {@code k_reg}
 */
public record ConformityScore(
    ConformityMethod method, boolean randomized, double penalty, int unpenalized)
    implements Serializable {
  /** Checks the penalty. */
  public ConformityScore {
    if (!(penalty >= 0) || penalty == Double.POSITIVE_INFINITY || unpenalized < 0) {
      throw new IllegalArgumentException(
          "penalty %s behind %d labels: expected numbers from 0 on"
              .formatted(penalty, unpenalized));
    }
  }

  /** Whether scores depend on a row's number {@code u}. */
  public boolean takesUniform() {
    return randomized && method != ConformityMethod.LAC;
  }

  /**
   * The score of every label of a row.
   *
   * @param probabilities by label index
   * @param uniform the row's {@code u}, from 0 to 1; does not count unless {@link #takesUniform}
   */
  public double[] of(double[] probabilities, double uniform) {
    double[] scores = new double[probabilities.length];
    if (method == ConformityMethod.LAC) {
      Arrays.setAll(scores, label -> 1 - probabilities[label]);
      return scores;
    }
    double u = randomized ? uniform : 0;
    double lambda = method == ConformityMethod.RAPS ? penalty : 0;
    double sum = 0;
    int rank = 0;
    for (int label : descending(probabilities)) {
      rank++;
      sum += probabilities[label];
      scores[label] = sum - u * probabilities[label] + lambda * Math.max(0, rank - unpenalized);
    }
    return scores;
  }

  private static int[] descending(double[] probabilities) {
    Integer[] order = new Integer[probabilities.length];
    Arrays.setAll(order, label -> label);
    Arrays.sort(
        order,
        Comparator.<Integer>comparingDouble(label -> probabilities[label])
            .thenComparingInt(label -> label)
            .reversed());
    return Arrays.stream(order).mapToInt(label -> label).toArray();
  }
}
