package org.sparkfinetune.conformal;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.OptionalDouble;

/**
 * The quantile of split-conformal prediction: of n scores the {@code ceil((n + 1) coverage)}-th
 * smallest. The score of one more row of the same kind is at most this one with a probability of at
 * least {@code coverage}, whatever the model is. Ranks are computed in decimal numbers: 0.95 of 20
 * is 19, and not a little more.
 */
public final class FiniteSampleQuantile {
  private FiniteSampleQuantile() {}

  /**
   * The rank of the quantile, from 1; above {@code rows} where these are too few.
   *
   * @param coverage above 0 and below 1
   */
  public static long rank(long rows, double coverage) {
    return decimal(coverage)
        .multiply(BigDecimal.valueOf(rows).add(BigDecimal.ONE))
        .setScale(0, RoundingMode.CEILING)
        .longValueExact();
  }

  /**
   * The fewest rows that a coverage can be promised by: {@code ceil(1 / (1 - coverage)) - 1}.
   *
   * @param coverage above 0 and below 1
   */
  public static long rowsNeeded(double coverage) {
    BigDecimal missed = BigDecimal.ONE.subtract(decimal(coverage));
    BigDecimal[] whole = BigDecimal.ONE.divideAndRemainder(missed);
    return whole[0].longValueExact() - (whole[1].signum() == 0 ? 1 : 0);
  }

  /**
   * The quantile; empty when the rows are too few.
   *
   * @param ascending the scores
   */
  public static OptionalDouble of(double[] ascending, double coverage) {
    long rank = rank(ascending.length, coverage);
    return rank > ascending.length
        ? OptionalDouble.empty()
        : OptionalDouble.of(ascending[(int) rank - 1]);
  }

  private static BigDecimal decimal(double coverage) {
    if (!(coverage > 0 && coverage < 1)) {
      throw new IllegalArgumentException("coverage " + coverage + ": expected above 0 and below 1");
    }
    return BigDecimal.valueOf(coverage);
  }
}
