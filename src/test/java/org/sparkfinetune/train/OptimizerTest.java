package org.sparkfinetune.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.NoGradGuard;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What all optimizers have in common; their numbers are {@link UpdateRuleGoldenTest}'s. */
class OptimizerTest {
  private static final String EMBEDDINGS = "embeddings.weight";

  @ParameterizedTest
  @EnumSource
  void withTheStateOfAnotherItGoesOnBitForBit(OptimizerType type) {
    OptimizerArguments arguments = TestWeights.optimizer("optim", type);
    try (TestWeights weights = new TestWeights();
        TestWeights resumed = new TestWeights();
        Optimizer first = weights.optimizer(arguments);
        Optimizer second = resumed.optimizer(arguments)) {
      steps(weights, first, 1, 7);
      try (PointerScope scope = new PointerScope();
          NoGradGuard guard = new NoGradGuard()) {
        for (int i = 0; i < weights.parameters().size(); i++) {
          Tensor from = weights.parameters().get(i).tensor();
          resumed.parameters().get(i).tensor().copy_(from);
        }
        Map<String, Tensor> state = first.state();
        assertThat(second.state().keySet()).containsExactlyElementsOf(state.keySet());
        second.state().forEach((name, tensor) -> tensor.copy_(state.get(name)));
      }
      second.resumeAt(7);
      steps(weights, first, 8, 12);
      steps(resumed, second, 8, 12);
      assertThat(resumed.values()).usingRecursiveComparison().isEqualTo(weights.values());
    }
  }

  private static void steps(TestWeights weights, Optimizer optimizer, int from, int to) {
    for (int step = from; step <= to; step++) {
      weights.setGradients(step);
      optimizer.step(1e-2 / step, 0.9);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "adamw, 'exp_avg, exp_avg_sq'",
    "adam, 'exp_avg, exp_avg_sq'",
    "sgd, momentum_buffer",
    "lamb, 'exp_avg, exp_avg_sq'",
    "lion, exp_avg"
  })
  void stateIsNamedByPartAndWeight(String type, String parts) {
    try (TestWeights weights = new TestWeights();
        Optimizer optimizer = weights.optimizer(TestWeights.optimizer("optim", type))) {
      List<String> expected =
          weights.parameters().stream()
              .flatMap(
                  weight ->
                      Arrays.stream(parts.split(", ")).map(part -> part + "." + weight.name()))
              .toList();
      assertThat(optimizer.state().keySet()).containsExactlyInAnyOrderElementsOf(expected);
      optimizer.state().values().forEach(tensor -> assertThat(tensor.requires_grad()).isFalse());
    }
  }

  @Test
  void adafactorKeepsRowsAndColumnsOfMatricesAlone() {
    try (TestWeights weights = new TestWeights();
        Optimizer optimizer = weights.optimizer(TestWeights.optimizer("optim", "adafactor"))) {
      assertThat(optimizer.state().keySet())
          .contains(
              "exp_avg_sq_row.layer.weight", "exp_avg_sq_col.layer.weight", "exp_avg_sq.layer.bias")
          .hasSize(7);
      assertThat(optimizer.state().get("exp_avg_sq_row.layer.weight").shape()).containsExactly(6);
      assertThat(optimizer.state().get("exp_avg_sq_col.layer.weight").shape()).containsExactly(5);
      optimizer.state().values().forEach(tensor -> assertThat(tensor.requires_grad()).isFalse());
    }
  }

  @ParameterizedTest
  @EnumSource
  void frozenWeightsHaveNoState(OptimizerType type) {
    try (TestWeights weights = new TestWeights()) {
      weights.parameters().get(0).tensor().requires_grad_(false);
      try (Optimizer optimizer = weights.optimizer(TestWeights.optimizer("optim", type))) {
        assertThat(optimizer.state().keySet())
            .isNotEmpty()
            .noneMatch(name -> name.endsWith(EMBEDDINGS));
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void aStepLetsGoOfGradientsAndLeavesWeightsWithoutOneAsTheyAre(OptimizerType type) {
    try (TestWeights weights = new TestWeights();
        Optimizer optimizer =
            weights.optimizer(TestWeights.optimizer("optim", type, "weight_decay", 0.1))) {
      Map<String, float[]> before = weights.values();
      weights.setGradients(1);
      weights.parameters().get(0).tensor().mutable_grad().reset();
      optimizer.step(1e-2, 1);
      assertThat(weights.values().get(EMBEDDINGS)).isEqualTo(before.get(EMBEDDINGS));
      assertThat(weights.values().get("layer.bias")).isNotEqualTo(before.get("layer.bias"));
      weights
          .parameters()
          .forEach(weight -> assertThat(weight.tensor().mutable_grad().defined()).isFalse());
      Map<String, float[]> after = weights.values();
      optimizer.step(1e-2, 1);
      assertThat(weights.values()).usingRecursiveComparison().isEqualTo(after);
    }
  }

  /** The last row of the embeddings never has a gradient. */
  @ParameterizedTest
  @CsvSource({
    "adamw, 0.1, true",
    "adamw, 0, true",
    "adam, 0.1, false",
    "adam, 0, true",
    "sgd, 0.1, false",
    "sgd, 0, true",
    "lion, 0.1, true",
    "lion, 0, true",
    "lamb, 0.1, false",
    "adafactor, 0.1, false"
  })
  void leavesUntouchedRowsIsWhatItSays(String type, double decay, boolean leaves) {
    OptimizerArguments arguments =
        TestWeights.optimizer("optim", type, "weight_decay", decay, "layer_decay", 0.5);
    try (TestWeights weights = new TestWeights();
        Optimizer optimizer = weights.optimizer(arguments)) {
      assertThat(optimizer.leavesUntouchedRows()).isEqualTo(leaves);
      float[] expected = lastRow(weights);
      for (int step = 1; step <= 20; step++) {
        weights.setGradients(step);
        optimizer.step(1e-2, 0.5);
        for (int i = 0; i < expected.length; i++) {
          expected[i] *= (float) (1 - 1e-2 * 0.25 * decay);
        }
        if (leaves) {
          assertThat(lastRow(weights)).isEqualTo(expected);
        }
      }
    }
  }

  private static float[] lastRow(TestWeights weights) {
    return Arrays.copyOfRange(weights.values().get(EMBEDDINGS), 28, 32);
  }
}
