package org.sparkfinetune.model.encoder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.util.Map;
import java.util.stream.Stream;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.sparkfinetune.TestGoldens;
import org.sparkfinetune.model.SequenceClassifier;
import org.sparkfinetune.model.compute.ForwardPass;

/** Each family against transformers, by the goldens of {@code tools/goldens/encoders.py}. */
class EncoderGoldenTest {
  static Stream<String> goldens() throws IOException {
    return TestGoldens.all();
  }

  static Stream<String> families() throws IOException {
    return TestGoldens.families();
  }

  @ParameterizedTest
  @MethodSource("goldens")
  void logitsEqualTransformers(String name) throws IOException {
    TestGoldens golden = TestGoldens.of(name);
    try (SequenceClassifier model = golden.model()) {
      float[][] logits = model.logits(golden.batch());
      for (int row = 0; row < logits.length; row++) {
        for (int label = 0; label < logits[row].length; label++) {
          // Sums of 50 fp32 products in another order differ by a few ulps of 1.
          assertThat((double) logits[row][label])
              .isCloseTo(
                  golden.json().get("logits").get(row).get(label).doubleValue(), within(1e-5));
        }
      }
    }
  }

  @ParameterizedTest
  @MethodSource("goldens")
  void lossAndGradientsEqualTransformers(String name) throws IOException {
    TestGoldens golden = TestGoldens.of(name);
    try (SequenceClassifier model = golden.model();
        PointerScope scope = new PointerScope()) {
      Tensor loss = model.loss(ForwardPass.inference(), golden.batch());
      assertThat(loss.item_double())
          .isCloseTo(golden.json().get("loss").doubleValue(), within(1e-5));
      loss.backward();
      JsonNode norms = golden.json().get("gradient_norms");
      assertThat(model.parameters().tensors()).hasSize(norms.size());
      for (Map.Entry<String, Tensor> weight : model.parameters().tensors().entrySet()) {
        double expected = norms.get(weight.getKey()).doubleValue();
        // A key's bias shifts all scores of a query alike: its true gradient is 0, and what is
        // left is rounding, hence the absolute floor.
        assertThat(weight.getValue().grad().norm(new Scalar(2.0)).item_double())
            .as(weight.getKey())
            .isCloseTo(expected, within(Math.max(1e-4 * expected, 1e-6)));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("org.sparkfinetune.TestGoldens#families")
  void everyWeightGetsAFiniteGradientInBf16WithDropout(String family) throws IOException {
    TestGoldens golden = TestGoldens.of(family);
    try (SequenceClassifier model = golden.model();
        PointerScope scope = new PointerScope()) {
      ForwardPass pass = new ForwardPass(ScalarType.BFloat16, torch.make_generator_cpu(3));
      model.loss(pass, golden.batch()).backward();
      for (Map.Entry<String, Tensor> weight : model.parameters().tensors().entrySet()) {
        assertThat(weight.getValue().grad().norm(new Scalar(2.0)).item_double())
            .as(weight.getKey())
            .isFinite();
      }
    }
  }
}
