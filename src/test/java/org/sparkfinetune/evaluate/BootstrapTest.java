package org.sparkfinetune.evaluate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.sparkfinetune.evaluate.ScoreGoldens.Case;
import org.sparkfinetune.task.ProblemType;

class BootstrapTest {
  private static IntervalAccumulator accumulate(Case golden, int from, int to) {
    IntervalAccumulator rows =
        Accumulators.ofIntervals(golden.problemType(), golden.classes(), 0.5);
    for (int row = from; row < to; row++) {
      rows.add(golden.labels()[row], golden.probabilities()[row]);
    }
    return rows;
  }

  static List<Case> casesWithIntervals() {
    return ScoreGoldens.all().stream().filter(golden -> golden.intervals() != null).toList();
  }

  /**
   * The golden's ends are those of 40,000 replicates of rows, drawn with other random numbers. An
   * end of so many deviates by 0.013 standard deviations, of which an interval has four: the
   * tolerance is five times the deviation of both. What cells take away is less.
   */
  @ParameterizedTest
  @MethodSource("casesWithIntervals")
  void cellsGiveTheIntervalsOfRows(Case golden) {
    Map<Metric, Interval> intervals =
        accumulate(golden, 0, golden.labels().length).intervals(new Bootstrap(40_000, 7, 0.95));

    int[] checked = {0};
    intervals.forEach(
        (metric, interval) -> {
          JsonNode expected = golden.intervals().get(metric.key());
          if (expected != null) {
            double low = expected.get(0).asDouble();
            double high = expected.get(1).asDouble();
            double tolerance = (high - low) * 0.025 + step(metric, golden) + 1e-12;
            assertThat(interval.low()).as(metric.key()).isCloseTo(low, within(tolerance));
            assertThat(interval.high()).as(metric.key()).isCloseTo(high, within(tolerance));
            checked[0]++;
          }
        });
    assertThat(checked[0]).isEqualTo(golden.intervals().size());
  }

  /** Shares have no values between those of two counts. */
  private static double step(Metric metric, Case golden) {
    return switch (metric) {
      case ACCURACY -> 1.0 / golden.labels().length;
      case HAMMING_LOSS -> 1.0 / golden.labels().length / golden.classes();
      default -> 0;
    };
  }

  /**
   * Of many small strata, each of whose rows are drawn one by one: the ends are those of the normal
   * distribution, within 5 standard errors of a quantile of 1,000 draws (0.085 deviations).
   */
  @ParameterizedTest
  @ValueSource(longs = {0, 1, 7, 42, 123_456_789})
  void replicatesHaveNothingToDoWithEachOther(long seed) {
    long[][] counts = new long[77][];
    Arrays.fill(counts, new long[] {32, 2, 2, 2, 2});
    int rows = 77 * 40;
    Interval interval =
        new Bootstrap(1000, seed, 0.95)
            .intervals(
                counts,
                drawn ->
                    Map.of(
                        Metric.ACCURACY,
                        Arrays.stream(drawn).mapToLong(cells -> cells[0]).sum() / (double) rows))
            .get(Metric.ACCURACY);

    double deviation = Math.sqrt(0.8 * 0.2 / rows);
    assertThat(interval.low()).isCloseTo(0.8 - 1.96 * deviation, within(0.43 * deviation));
    assertThat(interval.high()).isCloseTo(0.8 + 1.96 * deviation, within(0.43 * deviation));
  }

  /** Of strata of one row each, of which stratified draws are all the same. */
  @Test
  void rowsThatAreDrawnTogetherNeedNoStrata() {
    long[][] counts = new long[100][];
    for (int stratum = 0; stratum < counts.length; stratum++) {
      counts[stratum] = stratum < 80 ? new long[] {1, 0} : new long[] {0, 1};
    }
    Bootstrap bootstrap = new Bootstrap(4000, 3, 0.95);
    Function<long[][], Map<Metric, Double>> accuracy =
        drawn ->
            Map.of(
                Metric.ACCURACY, Arrays.stream(drawn).mapToLong(cells -> cells[0]).sum() / 100.0);

    assertThat(bootstrap.intervals(counts, accuracy).get(Metric.ACCURACY))
        .isEqualTo(new Interval(0.8, 0.8));
    // The binomial distribution of 100 trials with p = 0.8 has its quantiles at 72 and 88, of
    // which the second is hardly reached.
    Interval together = bootstrap.together().intervals(counts, accuracy).get(Metric.ACCURACY);
    assertThat(together.low()).isCloseTo(0.72, within(0.011));
    assertThat(together.high()).isCloseTo(0.88, within(0.011));
  }

  @ParameterizedTest
  @MethodSource("casesWithIntervals")
  void areTheSameWhoeverHasTheRows(Case golden) {
    Bootstrap bootstrap = new Bootstrap(200, 42, 0.9);
    int rows = golden.labels().length;
    IntervalAccumulator merged = accumulate(golden, 20, rows);
    merged.merge(accumulate(golden, 0, 20).state());

    Map<Metric, Interval> intervals = merged.intervals(bootstrap);
    assertThat(intervals)
        .isEqualTo(accumulate(golden, 0, rows).intervals(bootstrap))
        .isNotEqualTo(merged.intervals(new Bootstrap(200, 43, 0.9)));
    Map<String, Double> metrics = golden.metrics().with(intervals).toMap("");
    intervals.forEach(
        (metric, interval) -> {
          assertThat(metrics).containsEntry(metric.key() + "_ci_low", interval.low());
          assertThat(metrics).containsEntry(metric.key() + "_ci_high", interval.high());
          assertThat(interval.low()).isLessThanOrEqualTo(interval.high());
        });
  }

  @Test
  void everyMetricThatIsNoSumOverLabelsHasOne() {
    Case single = casesWithIntervals().get(0);
    List<Metric> without =
        List.of(
            Metric.AURC,
            Metric.ECE_CLASSWISE,
            Metric.ECE_EQUAL_MASS,
            Metric.AUROC,
            Metric.AUROC_WEIGHTED,
            Metric.AVERAGE_PRECISION,
            Metric.AVERAGE_PRECISION_WEIGHTED);

    assertThat(accumulate(single, 0, 50).intervals(new Bootstrap(10, 1, 0.9)).keySet())
        .containsExactlyInAnyOrderElementsOf(
            Arrays.stream(Metric.values())
                .filter(Metric::tellsTheBest)
                .filter(m -> m.isDefinedFor(ProblemType.SINGLE_LABEL_CLASSIFICATION))
                .filter(m -> !without.contains(m))
                .toList());
  }

  @Test
  void noRowsHaveNone() {
    for (ProblemType problemType : ProblemType.values()) {
      assertThat(Accumulators.ofIntervals(problemType, 3, 0.5).intervals(new Bootstrap(10, 1, 0.9)))
          .isEmpty();
    }
  }

  @ParameterizedTest
  @CsvSource({"1, 0.3", "20, 0.2", "20, 0.9", "60, 0.5", "1000, 0.013", "100000, 0.4"})
  void binomialDrawsHaveTheirDistribution(long n, double p) {
    SplittableRandom random = new SplittableRandom(5);
    int draws = 200_000;
    double[] drawn = new double[draws];
    for (int i = 0; i < draws; i++) {
      long k = Binomial.draw(n, p, random);
      assertThat(k).isBetween(0L, n);
      drawn[i] = k;
    }

    double mean = Arrays.stream(drawn).average().orElseThrow();
    double variance = Arrays.stream(drawn).map(k -> (k - n * p) * (k - n * p)).sum() / draws;
    double expected = n * p * (1 - p);
    // Five standard errors of a mean and of a variance.
    assertThat(mean).isCloseTo(n * p, within(5 * Math.sqrt(expected / draws)));
    double kurtosis = 3 + (1 - 6 * p * (1 - p)) / expected;
    assertThat(variance)
        .isCloseTo(expected, within(5 * expected * Math.sqrt((kurtosis - 1) / draws) + 1e-9));
    long middle = Math.round(n * p);
    double share = Arrays.stream(drawn).filter(k -> k == middle).count() / (double) draws;
    double mass =
        Math.exp(logChoose(n, middle) + middle * Math.log(p) + (n - middle) * Math.log1p(-p));
    assertThat(share).isCloseTo(mass, within(5 * Math.sqrt(mass * (1 - mass) / draws) + 1e-6));
  }

  private static double logChoose(long n, long k) {
    double sum = 0;
    for (long i = 1; i <= k; i++) {
      sum += Math.log((n - k + i) / (double) i);
    }
    return sum;
  }

  @Test
  void aStratumKeepsItsRows() {
    SplittableRandom random = new SplittableRandom(3);
    for (long[] counts : new long[][] {{3, 0, 2}, {1_000_000, 5, 40_000, 0}, {7}}) {
      long[] drawn = Bootstrap.resampled(counts, random);
      assertThat(Arrays.stream(drawn).sum()).isEqualTo(Arrays.stream(counts).sum());
      for (int cell = 0; cell < counts.length; cell++) {
        assertThat(counts[cell] > 0 || drawn[cell] == 0).isTrue();
      }
    }
  }
}
