package org.sparkfinetune.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.sparkfinetune.evaluate.ScoreGoldens.Case;
import org.sparkfinetune.task.ProblemType;

class TemperatureScalingTest {
  static List<Case> cases() {
    return ScoreGoldens.all().stream().filter(golden -> golden.scaled() != null).toList();
  }

  private static TemperatureSums sums(Case golden, double inverse, int from, int to) {
    TemperatureSums sums = new TemperatureSums(golden.problemType(), inverse);
    for (int row = from; row < to; row++) {
      sums.add(golden.labels()[row], golden.probabilities()[row]);
    }
    return sums;
  }

  private static TemperatureScaling.Slope slope(Case golden, double inverse) {
    return sums(golden, inverse, 0, golden.labels().length).slope();
  }

  /**
   * SciPy's search compares losses, which tell two temperatures apart down to 1e-8 of them: 1e-6.
   * Where rows are all right, or no better than chance, the best one is an end of the range; SciPy
   * comes near it, and losses are flat there.
   */
  @ParameterizedTest
  @MethodSource("cases")
  void findsWhatSciPyFinds(Case golden) {
    double temperature = TemperatureScaling.fit(1, inverse -> slope(golden, inverse));

    double expected = golden.scaled().get("temperature").asDouble();
    if (expected > 0.06 && expected < 19.9) {
      assertThat(temperature).isCloseTo(expected, within(1e-6 * expected));
    } else {
      assertThat(temperature).isBetween(TemperatureScaling.MIN - 1e-9, TemperatureScaling.MAX);
    }
    assertThat(slope(golden, 1 / temperature).loss())
        .isCloseTo(golden.scaled().get("loss").asDouble(), within(1e-6));
    assertThat(slope(golden, 1).loss())
        .isCloseTo(golden.scaled().get("loss_before").asDouble(), within(1e-9));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void slopesAreThoseOfTheLoss(Case golden) {
    double step = 1e-5;
    for (double inverse : new double[] {0.4, 1, 2.5}) {
      double above = slope(golden, inverse + step).loss();
      double below = slope(golden, inverse - step).loss();
      TemperatureScaling.Slope here = slope(golden, inverse);
      // Central differences of a loss up to some hundred nats.
      double slack = 1e-5 * (1 + Math.abs(here.slope()) + here.loss());
      assertThat(here.slope()).isCloseTo((above - below) / (2 * step), within(slack));
      double aboveSlope = slope(golden, inverse + step).slope();
      double belowSlope = slope(golden, inverse - step).slope();
      assertThat(here.curvature())
          .isCloseTo(
              (aboveSlope - belowSlope) / (2 * step), within(slack + 1e-4 * here.curvature()));
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void sumsAreTheSameWhoeverHasTheRows(Case golden) {
    int rows = golden.labels().length;
    TemperatureSums merged =
        sums(golden, 0.7, rows / 2, rows).merge(sums(golden, 0.7, 0, rows / 2).state());

    assertThat(merged.slope()).isEqualTo(slope(golden, 0.7));
  }

  @Test
  void noRowsLeaveProbabilitiesAsTheyAre() {
    assertThat(
            TemperatureScaling.fit(
                2,
                inverse ->
                    new TemperatureSums(ProblemType.SINGLE_LABEL_CLASSIFICATION, inverse).slope()))
        .isEqualTo(2);
  }

  /** Each row's loss with the temperature that the others have, over all rows. */
  @ParameterizedTest
  @MethodSource("cases")
  void optimismIsWhatLeavingOutEachRowCosts(Case golden) {
    double temperature = TemperatureScaling.fit(1, inverse -> slope(golden, inverse));
    int rows = golden.labels().length;
    if (TemperatureScaling.isEnd(temperature) || rows < 100 || rows > 1000) {
      return;
    }
    double left = 0;
    for (int row = 0; row < rows; row++) {
      int out = row;
      double ofOthers =
          TemperatureScaling.fit(
              temperature,
              inverse ->
                  sums(golden, inverse / temperature, 0, out)
                      .merge(sums(golden, inverse / temperature, out + 1, rows).state())
                      .slope());
      left += sums(golden, 1 / ofOthers, row, row + 1).slope().loss();
    }
    TemperatureSums best = sums(golden, 1 / temperature, 0, rows);
    double optimism = left / rows - best.slope().loss();
    assertThat(best.optimism()).isPositive().isCloseTo(optimism, within(0.2 * optimism));
  }
}
