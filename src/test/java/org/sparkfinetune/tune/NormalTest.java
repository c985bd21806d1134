package org.sparkfinetune.tune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.withinPercentage;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NormalTest {
  /** 1e-13: far out, exp(-x * x) has lost x * x of its digits' last place. */
  private static final double PERCENT = 1e-11;

  /** {@code (erfc(from / sqrt(2)) - erfc(to / sqrt(2))) / 2} by Python's {@code math.erfc}. */
  @ParameterizedTest
  @CsvSource({
    "-1, 1, 0.6826894921370859",
    "0, 0.5, 0.19146246127401312",
    "-0.3, 2.5, 0.6117017568631764",
    "2.5, 3.5, 0.005977036246740614",
    "8, 9, 6.219831985865866e-16",
    "-9, -8, 6.219831985865866e-16",
    "20, 21, 2.7536241153270536e-89",
    "-40, 40, 1.0"
  })
  void massIsExactInBothTails(double from, double to, double mass) {
    assertThat(Normal.mass(from, to)).isCloseTo(mass, withinPercentage(PERCENT));
  }
}
