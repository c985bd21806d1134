package org.sparkfinetune.conformal;

import java.util.Locale;

/** How a {@link ConformityScore} is made of probabilities. */
public enum ConformityMethod {
  /**
   * Least ambiguous sets (Sadinle et al., 2019): what the label's probability lacks to 1. The
   * smallest sets on average, which are empty for rows that no label fits well.
   */
  LAC,
  /**
   * Adaptive sets (Romano et al., 2020): the probabilities of the label and of all more probable
   * ones together. Larger for rows that are hard.
   */
  APS,
  /**
   * Regularized adaptive sets (Angelopoulos et al., 2021): as {@link #APS}, with a penalty for each
   * label behind the first few, so that long tails of improbable labels stay out.
   */
  RAPS;

  /** Its name in settings and files. */
  public String spelling() {
    return name().toLowerCase(Locale.ROOT);
  }
}
