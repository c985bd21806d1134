package org.sparkfinetune.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.sparkfinetune.TestAdapters;
import org.sparkfinetune.TestGoldens;
import org.sparkfinetune.model.SequenceClassifier;

/**
 * Ten AdamW steps against PyTorch's, by {@code tools/goldens/encoders.py} and {@code
 * tools/goldens/adapting.py}.
 */
class OptimizerGoldenTest {
  static Stream<String> goldens() throws IOException {
    return TestGoldens.all();
  }

  @ParameterizedTest
  @MethodSource("goldens")
  void tenStepsHaveTheLossesOfPyTorch(String name) throws IOException {
    TestGoldens golden = TestGoldens.of(name);
    try (SequenceClassifier model = golden.model()) {
      assertLosses(model, golden, golden.json(), golden.json().get("losses"), 1);
    }
  }

  @Test
  void layerwiseDecayOfTheLearningRateHasTheLossesOfPyTorchsParameterGroups() throws IOException {
    TestGoldens golden = TestGoldens.of("bert");
    JsonNode adapting = golden.json("customizing.json");
    JsonNode expected = adapting.get("layer_decay");
    assertThat(expected.get("losses").get(9).doubleValue())
        .isGreaterThan(1.1 * golden.json().get("losses").get(9).doubleValue());
    try (SequenceClassifier model = golden.model()) {
      double factor = expected.get("factor").doubleValue();
      assertLosses(model, golden, adapting, expected.get("losses"), factor);
    }
  }

  @Test
  void loraHasTheLossesOfPeft() throws IOException {
    TestGoldens golden = TestGoldens.of("bert");
    JsonNode adapting = golden.json("customizing.json");
    try (SequenceClassifier model = TestAdapters.golden(golden)) {
      assertLosses(model, golden, adapting, adapting.get("lora").get("losses"), 1);
    }
  }

  private static void assertLosses(
      SequenceClassifier model,
      TestGoldens golden,
      JsonNode settings,
      JsonNode expected,
      double layerDecay)
      throws IOException {
    assertThat(expected).hasSize(10);
    List<Double> losses = CompareMain.losses(model, golden.batch(), settings, layerDecay);
    for (int step = 0; step < expected.size(); step++) {
      // Rounding differences grow with the steps, as each starts from the last one's weights.
      assertThat(losses.get(step))
          .as("step %d", step)
          .isCloseTo(expected.get(step).doubleValue(), within(1e-4));
    }
  }
}
