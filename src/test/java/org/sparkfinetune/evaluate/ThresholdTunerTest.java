package org.sparkfinetune.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

class ThresholdTunerTest {
  @TestFactory
  Stream<DynamicTest> reachesTheBestMicroF1OfAllThresholds() {
    return Goldens.multiLabelCases().stream()
        .map(golden -> DynamicTest.dynamicTest(golden.name(), () -> check(golden)));
  }

  private static void check(Goldens.MultiLabelCase golden) {
    double threshold = ThresholdTuner.best(golden.labels(), golden.probabilities());
    assertThat(threshold).isGreaterThan(0).isLessThan(1);
    assertThat(microF1(golden.labels(), golden.probabilities(), threshold))
        .isCloseTo(golden.expected().getDouble("best_micro_f1"), within(1e-12));
  }

  private static double microF1(int[][] labels, double[][] probabilities, double threshold) {
    var accumulator = new MultiLabelMetrics.Accumulator(probabilities[0].length, threshold);
    for (int row = 0; row < labels.length; row++) {
      accumulator.add(labels[row], probabilities[row]);
    }
    return accumulator.metrics().micro().f1();
  }

  @Test
  void ofEqualsTheOneNearestOneHalfWins() {
    int[][] labels = {{0}, {}};
    assertThat(ThresholdTuner.best(labels, new double[][] {{0.9}, {0.2}})).isEqualTo(0.5);
    assertThat(ThresholdTuner.best(labels, new double[][] {{0.4}, {0.2}}))
        .isCloseTo(0.3, within(1e-12));
    assertThat(ThresholdTuner.best(labels, new double[][] {{0.9}, {0.6}})).isEqualTo(0.75);
  }

  @Test
  void withoutLabelsOrRowsItIsOneHalf() {
    assertThat(ThresholdTuner.best(new int[][] {{}, {}}, new double[][] {{0.1}, {0.8}}))
        .isEqualTo(0.5);
    assertThat(ThresholdTuner.best(new int[0][], new double[0][])).isEqualTo(0.5);
  }
}
