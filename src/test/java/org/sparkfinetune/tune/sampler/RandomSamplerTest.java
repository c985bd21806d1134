package org.sparkfinetune.tune.sampler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.sparkfinetune.tune.sampler.Histories.EMPTY;
import static org.sparkfinetune.tune.sampler.Histories.choices;
import static org.sparkfinetune.tune.sampler.Histories.parameter;

import java.util.Arrays;
import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.stream.IntStream;
import org.apache.commons.math3.distribution.UniformRealDistribution;
import org.apache.commons.math3.stat.inference.ChiSquareTest;
import org.apache.commons.math3.stat.inference.KolmogorovSmirnovTest;
import org.junit.jupiter.api.Test;
import org.sparkfinetune.tune.Distribution;
import org.sparkfinetune.tune.FloatDistribution;
import org.sparkfinetune.tune.IntDistribution;
import org.sparkfinetune.tune.SearchSpace;

class RandomSamplerTest {
  private static final int TRIALS = 2000;

  /** So unlikely that chance is no excuse; seeds are fixed, so that it passes always or never. */
  private static final double UNLIKELY = 1e-3;

  @Test
  void numbersAreEvenlySpreadAndLogarithmsWithLog() {
    evenly(new FloatDistribution(-3, 5, false, 0), value -> ((Double) value + 3) / 8);
    evenly(
        new FloatDistribution(1e-5, 1e-1, true, 0),
        value -> Math.log((Double) value / 1e-5) / Math.log(1e4));
  }

  @Test
  void eachChoiceAndStepIsAsLikely() {
    equally(choices("a", "b", "c"));
    equally(new IntDistribution(-4, 11, false, 5));
    equally(new FloatDistribution(0, 0.7, false, 0.1));
  }

  @Test
  void aWholeNumberWithLogHasItsShareOfTheLogarithms() {
    IntDistribution distribution = new IntDistribution(1, 8, true, 1);
    List<Object> values = draws(distribution);
    double all = Math.log(8.5 / 0.5);
    double[] expected =
        distribution.values().stream()
            .mapToDouble(v -> Math.log(((Long) v + 0.5) / ((Long) v - 0.5)) / all * TRIALS)
            .toArray();
    assertThat(new ChiSquareTest().chiSquareTest(expected, counts(distribution, values)))
        .isGreaterThan(UNLIKELY);
  }

  @Test
  void otherSeedsAndNumbersDrawOtherwise() {
    SearchSpace space =
        new SearchSpace(List.of(parameter("x", new FloatDistribution(0, 1, false, 0))));
    assertThat(
            IntStream.range(0, 1000)
                .mapToObj(i -> new RandomSampler(i / 100).sample(EMPTY, space, i % 100)))
        .doesNotHaveDuplicates();
  }

  private static void evenly(Distribution distribution, ToDoubleFunction<Object> share) {
    double[] shares = draws(distribution).stream().mapToDouble(share).toArray();
    assertThat(
            new KolmogorovSmirnovTest()
                .kolmogorovSmirnovTest(new UniformRealDistribution(0, 1), shares, false))
        .isGreaterThan(UNLIKELY);
  }

  private static void equally(Distribution distribution) {
    long[] counts = counts(distribution, draws(distribution));
    double[] expected = new double[counts.length];
    Arrays.fill(expected, (double) TRIALS / counts.length);
    assertThat(new ChiSquareTest().chiSquareTest(expected, counts)).isGreaterThan(UNLIKELY);
  }

  private static long[] counts(Distribution distribution, List<Object> values) {
    List<Object> all = distribution.values();
    assertThat(all).containsAll(values);
    return all.stream().mapToLong(v -> values.stream().filter(v::equals).count()).toArray();
  }

  private static List<Object> draws(Distribution distribution) {
    SearchSpace space = new SearchSpace(List.of(parameter("x", distribution)));
    return IntStream.range(0, TRIALS)
        .mapToObj(number -> new RandomSampler(4).sample(EMPTY, space, number).get("x"))
        .toList();
  }
}
