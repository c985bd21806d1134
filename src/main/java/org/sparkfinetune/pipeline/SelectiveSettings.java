package org.sparkfinetune.pipeline;

import java.io.Serializable;
import java.util.List;
import org.sparkfinetune.conformal.ConformityScore;

/**
 * What is calibrated of when not to answer.
 *
 * @param coverages of prediction sets, each above 0 and below 1; may be none
 * @param score what sets are made by
 * @param seed of the rows' numbers, where the score takes one
 * @param classConditional whether each label has its own threshold
 * @param targetAccuracies of the answers of a classifier that abstains, each above 0 and up to 1;
 *     may be none
 */
public record SelectiveSettings(
    List<Double> coverages,
    ConformityScore score,
    long seed,
    boolean classConditional,
    List<Double> targetAccuracies)
    implements Serializable {
  /** Copies the lists. */
  public SelectiveSettings {
    coverages = List.copyOf(coverages);
    targetAccuracies = List.copyOf(targetAccuracies);
  }

  /** Whether nothing is asked for. */
  public boolean isEmpty() {
    return coverages.isEmpty() && targetAccuracies.isEmpty();
  }
}
