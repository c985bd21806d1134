package org.sparkfinetune.train;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.sparkfinetune.TestModels;
import org.sparkfinetune.model.SequenceClassifier;
import org.sparkfinetune.model.compute.Parameter;

/** The groups of a BERT of two layers: the head's depth is 3. */
class ParameterGroupsTest {
  private static SequenceClassifier model;

  @BeforeAll
  static void build() {
    model = SequenceClassifier.fromScratch(TestModels.tinyConfig(50, 3), 1);
  }

  @AfterAll
  static void free() {
    model.close();
  }

  @Test
  void biasesAndNormsDoNotDecay() {
    Map<String, ParameterGroup> groups = byWeight(TestWeights.optimizer("weight_decay", 0.1));
    groups.forEach(
        (name, group) ->
            assertThat(group.decay())
                .as(name)
                .isEqualTo(name.endsWith("bias") || name.contains("LayerNorm") ? 0 : 0.1));
    assertThat(groups.values().stream().distinct()).hasSize(2);
  }

  @Test
  void everyTrainableWeightIsInOneGroup() {
    List<ParameterGroup> groups =
        ParameterGroups.of(model.parameters(), TestWeights.optimizer("layer_decay", 0.5));
    assertThat(groups.stream().flatMap(group -> group.parameters().stream()))
        .containsExactlyInAnyOrderElementsOf(model.parameters().trainable());
  }

  @Test
  void frozenWeightsAreInNone() {
    Parameter frozen = model.parameters().trainable().get(0);
    frozen.tensor().requires_grad_(false);
    try {
      assertThat(byWeight(TestWeights.optimizer())).doesNotContainKey(frozen.name()).isNotEmpty();
    } finally {
      frozen.tensor().requires_grad_(true);
    }
  }

  @Test
  void theHeadLearnsAtItsOwnRateAndLayersBelowItAtTheirs() {
    Map<String, ParameterGroup> groups =
        byWeight(
            TestWeights.optimizer(
                "learning_rate", 2e-5, "head_learning_rate", 1e-3, "layer_decay", 0.5));
    groups.forEach(
        (name, group) ->
            assertThat(group.rateFactor())
                .as(name)
                .isEqualTo(
                    name.startsWith("classifier")
                        ? 1e-3 / 2e-5
                        : name.contains("layer.1")
                            ? 0.5
                            : name.contains("layer.0") ? 0.25 : 0.125));
    assertThat(groups.values().stream().distinct()).hasSize(8);
  }

  @Test
  void withoutARateOfItsOwnTheHeadLearnsAsAllDo() {
    byWeight(TestWeights.optimizer("head_learning_rate", "auto"))
        .forEach((name, group) -> assertThat(group.rateFactor()).as(name).isEqualTo(1));
  }

  private static Map<String, ParameterGroup> byWeight(OptimizerArguments arguments) {
    Map<String, ParameterGroup> byWeight = new HashMap<>();
    ParameterGroups.of(model.parameters(), arguments)
        .forEach(group -> group.parameters().forEach(one -> byWeight.put(one.name(), group)));
    return byWeight;
  }
}
