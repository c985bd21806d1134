package org.sparkfinetune.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * 200 steps of each optimizer, with rates and a decay by group and a clipped gradient in every
 * third, against those of Python, by the golden of {@code tools/goldens/training.py}.
 */
class UpdateRuleGoldenTest {
  private static final JsonNode GOLDEN;

  static {
    try {
      GOLDEN =
          new ObjectMapper()
              .readTree(UpdateRuleGoldenTest.class.getResourceAsStream("optimizers.json"));
    } catch (IOException e) {
      throw new ExceptionInInitializerError(e);
    }
  }

  static Stream<String> cases() {
    return StreamSupport.stream(GOLDEN.get("cases").spliterator(), false)
        .map(golden -> golden.get("name").textValue() + ", " + golden.get("weight_decay"));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void twoHundredStepsEqualPythons(String name) {
    JsonNode golden = GOLDEN.get("cases").get(cases().toList().indexOf(name));
    String optimizer = golden.get("name").textValue();
    double learningRate = golden.get("learning_rate").doubleValue();
    OptimizerArguments arguments =
        TestWeights.optimizer(
            "optim",
            optimizer.split(" ")[0],
            "momentum",
            optimizer.endsWith("without momentum") ? 0.0 : 0.9,
            "weight_decay",
            golden.get("weight_decay").doubleValue(),
            "adam_epsilon",
            1e-6,
            "adam_beta2",
            optimizer.equals("lion") ? 0.99 : 0.999,
            "layer_decay",
            GOLDEN.get("layer_decay").doubleValue(),
            "learning_rate",
            learningRate,
            "head_learning_rate",
            learningRate * GOLDEN.get("head_factor").doubleValue());
    try (TestWeights weights = new TestWeights();
        Optimizer optimizing = weights.optimizer(arguments)) {
      int steps = GOLDEN.get("steps").intValue();
      int shown = 0;
      for (int step = 1; step <= steps; step++) {
        weights.setGradients(step);
        optimizing.step(learningRate * (1 - step / 250.0), step % 3 == 0 ? 0.7 : 1);
        JsonNode expected = golden.get("weights").get(String.valueOf(step));
        if (expected != null) {
          shown++;
          int k = 0;
          for (Map.Entry<String, float[]> actual : weights.values().entrySet()) {
            assertClose(actual.getValue(), expected.get(k++), actual.getKey() + " at " + step);
          }
        }
      }
      assertThat(shown).isEqualTo(golden.get("weights").size());
      assertState(optimizing.state(), golden.get("state"));
    }
  }

  private static void assertState(Map<String, Tensor> state, JsonNode expected) {
    List<String> names = new ArrayList<>();
    expected.fieldNames().forEachRemaining(names::add);
    assertThat(state.keySet()).containsExactlyInAnyOrderElementsOf(names);
    state.forEach(
        (name, tensor) -> assertClose(TestWeights.numbers(tensor), expected.get(name), name));
  }

  /** To 1e-6 of the largest number of the tensor: where numbers cancel, one of them is nothing. */
  private static void assertClose(float[] actual, JsonNode expected, String what) {
    assertThat(actual).as(what).hasSize(expected.size());
    double largest = 0;
    for (JsonNode number : expected) {
      largest = Math.max(largest, Math.abs(number.doubleValue()));
    }
    for (int i = 0; i < actual.length; i++) {
      assertThat((double) actual[i])
          .as("%s[%d]", what, i)
          .isCloseTo(expected.get(i).doubleValue(), within(1e-6 * largest));
    }
  }
}
