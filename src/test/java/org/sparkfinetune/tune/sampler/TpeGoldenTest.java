package org.sparkfinetune.tune.sampler;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.sparkfinetune.tune.sampler.TpeGoldens.doubles;
import static org.sparkfinetune.tune.sampler.TpeGoldens.rows;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.sparkfinetune.tune.Distribution;
import org.sparkfinetune.tune.FrozenTrial;
import org.sparkfinetune.tune.History;
import org.sparkfinetune.tune.IntDistribution;
import org.sparkfinetune.tune.SearchSpace;
import org.sparkfinetune.tune.SearchSpace.Parameter;

/** Optuna's TPE on the same histories with the same random numbers. */
class TpeGoldenTest {
  /**
   * Relative: the same operations on the same numbers; a logarithm may differ in its last digit.
   */
  private static final double PARAMETERS = 1e-13;

  /** Logarithms of sums of up to some hundred densities. */
  private static final double LOG_DENSITIES = 1e-10;

  /**
   * Where a step is a billionth of the range, the difference of two probabilities has fewer digits.
   */
  private static final double LOG_DENSITIES_OF_NARROW_STEPS = 1e-6;

  /** Relative: Optuna inverts the distribution to about eight digits and one step beyond. */
  private static final double VALUES = 1e-10;

  record Golden(JsonNode json) {
    @Override
    public String toString() {
      return json.get("name").asText();
    }
  }

  static Stream<Golden> goldens() {
    return TpeGoldens.stream(TpeGoldens.JSON.get("suggestions")).map(Golden::new);
  }

  @ParameterizedTest
  @MethodSource("goldens")
  void theGoodTrialsAreOptunas(Golden golden) {
    JsonNode json = golden.json();
    History history = TpeGoldens.history(json);
    TrialSplit split =
        TrialSplit.of(history, history.trials().size(), json.get("constant_liar").asBoolean());
    assertThat(numbers(split.good())).containsExactly(doubles(json.get("good")));
    assertThat(numbers(split.others())).containsExactly(doubles(json.get("others")));
  }

  @ParameterizedTest
  @MethodSource("goldens")
  void theEstimatorsAreOptunas(Golden golden) {
    Map<String, Distribution> space =
        TpeGoldens.space(golden.json().get("space")).parameters().stream()
            .collect(Collectors.toMap(Parameter::name, Parameter::distribution));
    double tolerance =
        space.values().stream().anyMatch(TpeGoldenTest::hasNarrowSteps)
            ? LOG_DENSITIES_OF_NARROW_STEPS
            : LOG_DENSITIES;
    for (JsonNode draw : golden.json().get("draws")) {
      for (JsonNode expected : draw) {
        List<Distribution> parameters =
            TpeGoldens.stream(expected.get("parameters")).map(p -> space.get(p.asText())).toList();
        double[][] observations = rows(expected.get("observations"));
        double[] weights = ParzenEstimator.weightsByAge(observations.length);
        if (expected.get("uniform").asBoolean()) {
          Arrays.fill(weights, 1);
        }
        ParzenEstimator estimator = new ParzenEstimator(parameters, observations, weights);
        close(estimator.weights(), doubles(expected.get("weights")));
        for (int i = 0; i < parameters.size(); i++) {
          check(estimator.kernels(i), expected.get("kernels").get(i));
        }
        double[][] points = rows(expected.get("points"));
        double[] logs = doubles(expected.get("log_densities"));
        assertThat(points).hasDimensions(24, parameters.size());
        for (int i = 0; i < points.length; i++) {
          assertThat(estimator.logDensity(points[i])).isCloseTo(logs[i], within(tolerance));
        }
      }
    }
  }

  private static boolean hasNarrowSteps(Distribution distribution) {
    return distribution instanceof IntDistribution ints && ints.high() - ints.low() >= 1_000_000;
  }

  private static void check(Kernels kernels, JsonNode expected) {
    if (kernels instanceof NumericalKernels numerical) {
      close(numerical.means(), doubles(expected.get("means")));
      close(numerical.deviations(), doubles(expected.get("deviations")));
      return;
    }
    CategoricalKernels categorical = (CategoricalKernels) kernels;
    double[][] probabilities = rows(expected.get("probabilities"));
    for (int kernel = 0; kernel < probabilities.length; kernel++) {
      for (int choice = 0; choice < probabilities[kernel].length; choice++) {
        assertThat(categorical.probability(kernel, choice))
            .isCloseTo(probabilities[kernel][choice], within(PARAMETERS));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("goldens")
  void theSameRandomNumbersGiveOptunasPoint(Golden golden) {
    JsonNode json = golden.json();
    History history = TpeGoldens.history(json);
    SearchSpace space = TpeGoldens.space(json.get("space"));
    TpeSampler sampler =
        new TpeSampler(
            0,
            new TpeSampler.Options(
                10,
                24,
                Optional.of(json.get("multivariate").asBoolean()),
                json.get("constant_liar").asBoolean()));
    Map<String, Object> params =
        sampler.sample(
            history, space, history.trials().size(), TpeGoldens.numpy(json.get("seed").asInt()));
    Map<String, Object> expected = TpeGoldens.params(json.get("params"));
    assertThat(params.keySet()).isEqualTo(expected.keySet());
    expected.forEach(
        (name, value) -> {
          if (value instanceof Double number) {
            assertThat((Double) params.get(name)).isCloseTo(number, relative(number, VALUES));
          } else {
            assertThat(params.get(name)).isEqualTo(value);
          }
        });
  }

  private static void close(double[] actual, double[] expected) {
    assertThat(actual).hasSameSizeAs(expected);
    for (int i = 0; i < expected.length; i++) {
      assertThat(actual[i]).isCloseTo(expected[i], relative(expected[i], PARAMETERS));
    }
  }

  private static Offset<Double> relative(double expected, double tolerance) {
    return within(tolerance * Math.max(1e-3, Math.abs(expected)));
  }

  private static double[] numbers(List<FrozenTrial> trials) {
    return trials.stream().mapToDouble(FrozenTrial::number).toArray();
  }
}
