package org.sparkfinetune.tune.sampler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

/** SciPy's truncnorm, log_ndtr and ndtri_exp, far out in the tails too. */
class TruncatedNormalTest {
  @Test
  void logBelow() {
    // Relative: a few units of the last digit.
    for (double[] golden : rows("log_below")) {
      close(TruncatedNormal.logBelow(golden[0]), golden[1], 1e-13);
    }
  }

  @Test
  void inverse() {
    for (double[] golden : rows("inverse")) {
      close(TruncatedNormal.inverseLogBelow(golden[0]), golden[1], 1e-11);
    }
  }

  @Test
  void quantile() {
    // SciPy's own logarithms of sums lose digits near the bounds.
    for (double[] golden : rows("quantile")) {
      close(TruncatedNormal.quantile(golden[0], golden[1], golden[2]), golden[3], 1e-8);
    }
  }

  @Test
  void logDensity() {
    for (double[] golden : rows("log_density")) {
      double actual =
          TruncatedNormal.logDensity(golden[0]) - TruncatedNormal.logMass(golden[1], golden[2]);
      close(actual, golden[3], 1e-10);
    }
  }

  @Test
  void bounds() {
    assertThat(TruncatedNormal.quantile(0, -2, 3)).isEqualTo(-2);
    assertThat(TruncatedNormal.quantile(1, -2, 3)).isCloseTo(3, within(1e-14));
    assertThat(TruncatedNormal.inverseLogBelow(0)).isInfinite();
  }

  private static double[][] rows(String name) {
    double[][] rows = TpeGoldens.rows(TpeGoldens.JSON.get("normal").get(name));
    return rows;
  }

  private static void close(double actual, double expected, double tolerance) {
    assertThat(actual).isCloseTo(expected, within(tolerance * Math.max(1, Math.abs(expected))));
  }
}
