package org.sparkfinetune.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.sparkfinetune.report.Series.Style;

class SamplingTest {
  private static Series series(double... y) {
    return new Series(
        "s", IntStream.range(0, y.length).asDoubleStream().toArray(), y, Style.LINE, 0);
  }

  @Test
  void fewPointsAreAllKept() {
    assertThat(Sampling.runs(series(3, 1, 2), 100)).containsExactly(List.of(0, 1, 2));
  }

  @Test
  void whatIsNotFiniteIsAGap() {
    assertThat(
            Sampling.runs(series(Double.NaN, 1, 2, Double.POSITIVE_INFINITY, 3, Double.NaN), 100))
        .containsExactly(List.of(1, 2), List.of(4));
    assertThat(Sampling.runs(series(Double.NaN), 100)).isEmpty();
    assertThat(Sampling.runs(series(), 100)).isEmpty();
  }

  @Test
  void ofManyPointsNoSpikeIsLost() {
    double[] y = new double[100_000];
    for (int i = 0; i < y.length; i++) {
      y[i] = Math.sin(i / 3000.0);
    }
    y[31_234] = 50;
    y[77_777] = -50;

    List<List<Integer>> runs = Sampling.runs(series(y), 300);

    assertThat(runs).hasSize(1);
    assertThat(runs.get(0))
        .hasSizeBetween(300, 1204)
        .isSorted()
        .doesNotHaveDuplicates()
        .contains(0, 31_234, 77_777, 99_999);
  }

  @Test
  void aGapAsWideAsAPixelIsSeenAmongManyPoints() {
    double[] y = new double[100_000];
    java.util.Arrays.fill(y, 40_000, 60_000, Double.NaN);

    List<List<Integer>> runs = Sampling.runs(series(y), 100);

    assertThat(runs).hasSize(2);
    assertThat(runs.get(0).get(runs.get(0).size() - 1)).isEqualTo(39_999);
    assertThat(runs.get(1).get(0)).isEqualTo(60_000);
  }

  @Test
  void manyPointsAtOnePlaceDoNotGoRound() {
    double[] same = new double[1000];
    Series series = new Series("s", same, same, Style.LINE, 0);

    assertThat(Sampling.runs(series, 10)).containsExactly(List.of(0, 999));
  }

  @Test
  void allDotsAreKept() {
    double[] y = new double[5000];
    Series dots = new Series("s", y, y, Style.DOTS, 0);

    assertThat(Sampling.runs(dots, 10).get(0)).hasSize(5000);
  }

  @Test
  void smoothingKeepsALineAndLeavesGapsOut() {
    assertThat(series(0, 1, 2, 3, 4).smoothed("m", 3, Style.LINE).y())
        .containsExactly(0, 1, 2, 3, 3.5);
    assertThat(series(1, Double.NaN, 3).smoothed("m", 3, Style.LINE).y()).containsExactly(1, 2, 3);
    assertThat(series(new double[100_000]).smoothed("m", 4001, Style.LINE).y())
        .hasSizeBetween(2000, 2100)
        .containsOnly(0);
  }
}
