package io.sparkfinetune.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkfinetune.TestGoldens;
import io.sparkfinetune.model.SequenceClassifier;
import java.io.IOException;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Ten AdamW steps on each family's golden against PyTorch's. */
class OptimizerGoldenTest {
  static Stream<String> goldens() throws IOException {
    return TestGoldens.all();
  }

  @ParameterizedTest
  @MethodSource("goldens")
  void tenStepsHaveTheLossesOfPyTorch(String name) throws IOException {
    TestGoldens golden = TestGoldens.of(name);
    JsonNode expected = golden.json().get("losses");
    assertThat(expected).hasSize(10);
    try (SequenceClassifier model = golden.model()) {
      List<Double> losses = CompareMain.losses(model, golden.batch(), golden.json());
      for (int step = 0; step < expected.size(); step++) {
        // Rounding differences grow with the steps, as each starts from the last one's weights.
        assertThat(losses.get(step))
            .as("step %d", step)
            .isCloseTo(expected.get(step).doubleValue(), within(1e-4));
      }
    }
  }
}
