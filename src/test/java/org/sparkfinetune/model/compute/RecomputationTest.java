package org.sparkfinetune.model.compute;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.sparkfinetune.TestGoldens;
import org.sparkfinetune.model.SequenceClassifier;

/** Gradients with checkpointing against those without. */
class RecomputationTest {
  @ParameterizedTest
  @MethodSource("org.sparkfinetune.TestGoldens#families")
  void gradientsAreTheSame(String family) throws IOException {
    TestGoldens golden = TestGoldens.of(family);
    try (SequenceClassifier model = golden.model();
        PointerScope scope = new PointerScope()) {
      for (ScalarType type : new ScalarType[] {ScalarType.Float, ScalarType.BFloat16}) {
        Map<String, Tensor> expected = gradients(model, golden, type, false);
        Map<String, Tensor> actual = gradients(model, golden, type, true);
        assertThat(expected).isNotEmpty();
        assertThat(actual).containsOnlyKeys(expected.keySet());
        expected.forEach(
            (name, gradient) -> {
              double norm = gradient.norm(new Scalar(2.0)).item_double();
              double tolerance = type == ScalarType.Float ? 1e-6 : 1e-2;
              // What layers share is summed in another order, in bf16 to 8 bits.
              assertThat(actual.get(name).sub(gradient).norm(new Scalar(2.0)).item_double())
                  .as(name)
                  .isCloseTo(0, within(tolerance * Math.max(norm, 1)));
            });
      }
    }
  }

  private static Map<String, Tensor> gradients(
      SequenceClassifier model, TestGoldens golden, ScalarType type, boolean recompute)
      throws IOException {
    ForwardPass pass =
        new ForwardPass(type, torch.make_generator_cpu(3), AttentionImplementation.AUTO, recompute);
    model.loss(pass, golden.batch()).backward();
    Map<String, Tensor> gradients = new HashMap<>();
    model
        .parameters()
        .tensors()
        .forEach(
            (name, weight) -> {
              if (weight.grad().defined()) {
                gradients.put(name, weight.grad().clone());
                weight.mutable_grad().reset();
              }
            });
    return gradients;
  }
}
