package org.sparkfinetune.tune.sampler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.sparkfinetune.tune.sampler.Histories.EMPTY;
import static org.sparkfinetune.tune.sampler.Histories.parameter;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.sparkfinetune.UserException;
import org.sparkfinetune.tune.FloatDistribution;
import org.sparkfinetune.tune.SearchSpace;

class SobolSamplerTest {
  private static final int TRIALS = 64;

  private static final SearchSpace SPACE = unit(6);

  @Test
  void eachOfNEqualPartsOfAnyDimensionHasOneOfNTrials() {
    for (long seed = 0; seed < 5; seed++) {
      for (int first : List.of(0, TRIALS, 5 * TRIALS)) {
        double[][] points = points(new SobolSampler(seed), first);
        for (int dimension = 0; dimension < 6; dimension++) {
          assertThat(parts(points, dimension, TRIALS)).containsOnly(1);
        }
      }
    }
  }

  @Test
  void theFirstTwoDimensionsHaveOneInEachBoxOfAnyShape() {
    double[][] points = points(new SobolSampler(3), 0);
    for (int rows = 1; rows <= TRIALS; rows *= 2) {
      int[] boxes = new int[TRIALS];
      for (double[] point : points) {
        boxes[(int) (point[0] * rows) * (TRIALS / rows) + (int) (point[1] * (TRIALS / rows))]++;
      }
      assertThat(boxes).as(rows + " rows").containsOnly(1);
    }
  }

  @Test
  void anotherSeedScramblesOtherwise() {
    assertThat(Arrays.deepEquals(points(new SobolSampler(1), 0), points(new SobolSampler(2), 0)))
        .isFalse();
    // No point is the corner that the sequence without scrambling begins in.
    assertThat(points(new SobolSampler(1), 0)[0]).doesNotContain(0.0);
  }

  @Test
  void aConditionMovesNoOtherParameter() {
    SobolSampler sampler = new SobolSampler(1);
    SearchSpace space = Histories.wide();
    SearchSpace held = space.holding(Map.of("optimizer", "adamw"));
    for (int number = 0; number < 20; number++) {
      assertThat(sampler.sample(EMPTY, held, number).get("dropout"))
          .isEqualTo(sampler.sample(EMPTY, space, number).get("dropout"));
    }
  }

  @Test
  void moreDimensionsThanTheSequenceHasAreRefused() {
    assertThatThrownBy(() -> new SobolSampler(1).sample(EMPTY, unit(1001), 0))
        .isInstanceOf(UserException.class)
        .hasMessage("1001 parameters: the Sobol sampler takes at most 1000; take the random one");
  }

  private static SearchSpace unit(int dimensions) {
    return new SearchSpace(
        IntStream.range(0, dimensions)
            .mapToObj(i -> parameter("x" + i, new FloatDistribution(0, 1, false, 0)))
            .toList());
  }

  private static double[][] points(SobolSampler sampler, int first) {
    return IntStream.range(first, first + TRIALS)
        .mapToObj(number -> sampler.sample(EMPTY, SPACE, number))
        .map(params -> SPACE.names().stream().mapToDouble(n -> (double) params.get(n)).toArray())
        .toArray(double[][]::new);
  }

  private static int[] parts(double[][] points, int dimension, int parts) {
    int[] count = new int[parts];
    Arrays.stream(points).forEach(point -> count[(int) (point[dimension] * parts)]++);
    return count;
  }
}
