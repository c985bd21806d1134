package io.sparkfinetune.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.sparkfinetune.TestGoldens;
import io.sparkfinetune.config.Schema;
import io.sparkfinetune.model.ForwardPass;
import io.sparkfinetune.model.SequenceClassifier;
import io.sparkfinetune.tokenize.Batch;
import java.io.IOException;
import java.util.Map;
import java.util.stream.Stream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Ten AdamW steps on each family's golden against PyTorch's, by {@code tools/goldens/encoders.py}.
 */
class OptimizerGoldenTest {
  static Stream<String> families() throws IOException {
    return TestGoldens.families();
  }

  @ParameterizedTest
  @MethodSource("families")
  void tenStepsHaveTheLossesOfPyTorch(String family) throws IOException {
    TestGoldens golden = TestGoldens.of(family);
    JsonNode expected = golden.json().get("losses");
    TrainingArguments arguments =
        Schema.of("training", TrainingArguments.class)
            .create(Map.of("weight_decay", golden.json().get("weight_decay").doubleValue()));
    Batch batch = golden.batch();
    try (SequenceClassifier model = golden.model();
        Optimizer optimizer = new AdamW(model.parameters(), arguments)) {
      for (int step = 0; step < expected.size(); step++) {
        try (PointerScope scope = new PointerScope()) {
          Tensor loss = model.loss(ForwardPass.inference(), batch);
          // Rounding differences grow with the steps, as each starts from the last one's weights.
          assertThat(loss.item_double())
              .as("step %d", step)
              .isCloseTo(expected.get(step).doubleValue(), within(1e-4));
          loss.backward();
        }
        optimizer.step(golden.json().get("learning_rate").doubleValue(), 1);
      }
      assertThat(expected).hasSize(10);
    }
  }
}
