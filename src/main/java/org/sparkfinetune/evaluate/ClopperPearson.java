package org.sparkfinetune.evaluate;

import org.apache.commons.math3.distribution.BetaDistribution;

/**
 * The exact 95 % interval of a share (Clopper and Pearson, 1934): the shares for which neither so
 * many successes or more nor so many or fewer would be rarer than 2.5 %. It covers at least as
 * often as it says.
 *
 * @param low its lower end, from 0
 * @param high its upper end, to 1
 */
public record ClopperPearson(double low, double high) {
  private static final double TAIL = 0.025;

  /**
   * Of so many successes.
   *
   * @param trials at least one
   */
  public static ClopperPearson of(long successes, long trials) {
    double others = (double) trials - successes;
    return new ClopperPearson(
        successes == 0 ? 0 : quantile(successes, others + 1, TAIL),
        others == 0 ? 1 : quantile(successes + 1.0, others, 1 - TAIL));
  }

  private static double quantile(double alpha, double beta, double probability) {
    return new BetaDistribution(alpha, beta).inverseCumulativeProbability(probability);
  }
}
