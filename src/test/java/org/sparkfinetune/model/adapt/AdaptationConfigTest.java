package org.sparkfinetune.model.adapt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.sparkfinetune.TestAdapters.adaptation;
import static org.sparkfinetune.TestAdapters.arguments;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.sparkfinetune.TestGoldens;
import org.sparkfinetune.TestModels;
import org.sparkfinetune.UserException;
import org.sparkfinetune.model.ModelConfig;
import org.sparkfinetune.model.SequenceClassifier;
import org.sparkfinetune.model.compute.AttentionImplementation;
import org.sparkfinetune.model.compute.ForwardPass;
import org.sparkfinetune.model.encoder.DropoutKeys;
import org.sparkfinetune.model.encoder.ParameterCount;
import org.sparkfinetune.tokenize.Batch;

/** On the tiny BERT of the goldens: three layers, width 30, a pooler, five labels. */
class AdaptationConfigTest {
  private static final long EMBEDDINGS = (61 + 40 + 2) * 30 + 2 * 30;
  private static final long LAYER = 4 * (30 * 30 + 30) + 2 * 30 * 34 + 34 + 30 + 4 * 30;
  private static final long HEAD = 30 * 30 + 30 + 30 * 5 + 5;

  @ParameterizedTest
  @CsvSource({
    "freeze, none, ''",
    "freeze, embeddings, embeddings",
    "freeze_layers, 1, 'embeddings, layer 1'",
    "freeze_layers, 3, 'embeddings, layer 1, layer 2, layer 3'",
    "freeze, encoder, 'embeddings, layer 1, layer 2, layer 3'"
  })
  void freezesThePartsThatItNames(String key, String value, String frozen) throws IOException {
    try (SequenceClassifier model = TestGoldens.of("bert").model(adaptation(key, value))) {
      for (ParameterCount count : model.parameters().counts()) {
        long size =
            switch (count.part()) {
              case "embeddings" -> EMBEDDINGS;
              case "head" -> HEAD;
              default -> LAYER;
            };
        boolean isFrozen = List.of(frozen.split(", ")).contains(count.part());
        assertThat(count)
            .isEqualTo(new ParameterCount(count.part(), isFrozen ? 0 : size, isFrozen ? size : 0));
      }
      assertThat(model.parameters().counts()).hasSize(5);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"freeze_layers", "reinit_top_layers"})
  void moreLayersThanThereAreAreRefused(String key) {
    assertThatThrownBy(() -> TestGoldens.of("bert").model(adaptation(key, 4)))
        .isInstanceOf(UserException.class)
        .hasMessage("model." + key + "=4 is not allowed: the model has weights for 3 layers");
  }

  @Test
  void freshLayersThatWouldBeFrozenAreRefused() {
    assertThatThrownBy(
            () ->
                TestGoldens.of("bert")
                    .model(adaptation("freeze_layers", 2, "reinit_top_layers", 2)))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "model.freeze_layers=2 and model.reinit_top_layers=2 are more than the model's 3 layers"
                + " together: layers that start afresh would never be trained");
    assertThatThrownBy(() -> adaptation("freeze", "encoder", "reinit_top_layers", 1))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "model.reinit_top_layers=1 is not allowed together with model.lora_rank or"
                + " model.freeze=encoder: layers that start afresh would never be trained");
  }

  @Test
  void settingsThatExcludeEachOtherAreRefused() {
    assertThatThrownBy(() -> adaptation("lora_rank", 2, "freeze", "embeddings"))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith("model.lora_rank cannot be set together with model.freeze");
    assertThatThrownBy(() -> arguments("from_scratch", true, "lora_rank", 2))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "model.from_scratch=true is not allowed together with model.lora_rank: LoRA would keep"
                + " the random weights frozen");
    assertThatThrownBy(() -> arguments("from_scratch", true, "reinit_top_layers", 2))
        .isInstanceOf(UserException.class)
        .hasMessageEndingWith("model.reinit_top_layers: all layers start afresh");
  }

  @Test
  void onlyTheTopLayersStartAfresh() throws IOException {
    TestGoldens golden = TestGoldens.of("bert");
    try (SequenceClassifier base = golden.model();
        SequenceClassifier model = golden.model(adaptation("reinit_top_layers", 2));
        SequenceClassifier again = golden.model(adaptation("reinit_top_layers", 2))) {
      Set<String> changed = new TreeSet<>();
      for (Map.Entry<String, Tensor> weight : model.parameters().tensors().entrySet()) {
        Tensor before = base.parameters().tensors().get(weight.getKey());
        if (!weight.getValue().equal(before)) {
          changed.add(weight.getKey());
        }
        assertThat(weight.getValue().equal(again.parameters().tensors().get(weight.getKey())))
            .as("the same seed, %s", weight.getKey())
            .isTrue();
      }
      assertThat(changed)
          .hasSize(2 * 16)
          .allMatch(name -> name.matches("bert\\.encoder\\.layer\\.[12]\\..*"))
          .containsExactlyInAnyOrderElementsOf(model.freshWeights());
      assertThat(base.freshWeights()).isEmpty();
    }
  }

  @Test
  void adaptersStartWithoutEffectAndLeaveThePlacesThatTheyAdapt() throws IOException {
    TestGoldens golden = TestGoldens.of("bert");
    try (SequenceClassifier base = golden.model();
        SequenceClassifier model =
            golden.model(
                adaptation("lora_rank", 2, "lora_target_modules", "key, intermediate.dense"))) {
      assertThat(model.logits(golden.batch())[2])
          .containsExactly(base.logits(golden.batch())[2], within(1e-6f));
      assertThat(model.freshWeights())
          .hasSize(3 * 2 * 2)
          .contains("bert.encoder.layer.0.attention.self.key.lora_A.weight")
          .contains("bert.encoder.layer.2.intermediate.dense.lora_B.weight");
      long adapters = 2 * (30 + 30) + 2 * (30 + 34);
      assertThat(model.parameters().counts())
          .containsExactly(
              new ParameterCount("embeddings", 0, EMBEDDINGS),
              new ParameterCount("layer 1", adapters, LAYER),
              new ParameterCount("layer 2", adapters, LAYER),
              new ParameterCount("layer 3", adapters, LAYER),
              new ParameterCount("head", HEAD, 0));
      Map<String, Tensor> tensors = model.parameters().tensors();
      double bound = 1 / Math.sqrt(30);
      try (PointerScope scope = new PointerScope()) {
        Tensor a = tensors.get("bert.encoder.layer.0.attention.self.key.lora_A.weight");
        assertThat(a.shape()).containsExactly(2, 30);
        assertThat(a.abs().max().item_double()).isBetween(0.8 * bound, bound);
        // A uniform distribution's deviation; 60 draws give it within 20 %.
        assertThat(a.std(false).item_double()).isCloseTo(bound / Math.sqrt(3), within(0.2 * bound));
      }
    }
  }

  @Test
  void allLinearAdaptsEveryLinearLayerButTheHeads() throws IOException {
    try (SequenceClassifier model =
        TestGoldens.of("bert")
            .model(adaptation("lora_rank", 1, "lora_target_modules", "all-linear"))) {
      assertThat(model.freshWeights()).hasSize(3 * 6 * 2).noneMatch(n -> n.contains("pooler"));
    }
  }

  @ParameterizedTest
  @CsvSource({"'query,q_lin', q_lin", "pooler.dense, pooler.dense", "'query,', an empty name"})
  void targetsThatMatchNothingAreRefusedWithTheModulesNames(String targets, String wrong) {
    assertThatThrownBy(
            () ->
                TestGoldens.of("bert")
                    .model(adaptation("lora_rank", 1, "lora_target_modules", targets)))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "model.lora_target_modules: "
                + wrong
                + " matches no linear layer of the encoder. Expected all-linear or ends of these"
                + " names: bert.encoder.layer.*.attention.self.query,"
                + " bert.encoder.layer.*.attention.self.key,"
                + " bert.encoder.layer.*.attention.self.value,"
                + " bert.encoder.layer.*.attention.output.dense,"
                + " bert.encoder.layer.*.intermediate.dense, bert.encoder.layer.*.output.dense");
  }

  @Test
  void dropoutsAreTheCheckpointsUnlessSet() {
    ModelConfig pretrained = TestModels.tinyConfig(50, List.of("a"), 0.25);
    ModelConfig kept = arguments("max_length", 8).configure(pretrained, List.of("a"));
    assertThat(kept.dropout("hidden_dropout_prob", -1)).isEqualTo(0.25);
    assertThat(kept.dropout("attention_probs_dropout_prob", -1)).isEqualTo(0.25);
    assertThat(kept.dropout("classifier_dropout", -1)).isEqualTo(-1);

    ModelConfig set =
        arguments(
                "max_length",
                8,
                "hidden_dropout",
                0,
                "attention_dropout",
                0.5,
                "classifier_dropout",
                "0.75")
            .configure(pretrained, List.of("a"));
    assertThat(set.dropout("hidden_dropout_prob", -1)).isZero();
    assertThat(set.dropout("attention_probs_dropout_prob", -1)).isEqualTo(0.5);
    assertThat(set.dropout("classifier_dropout", -1)).isEqualTo(0.75);
  }

  @ParameterizedTest
  @ValueSource(strings = {"hidden_dropout", "attention_dropout", "classifier_dropout"})
  void eachDropoutActs(String key) {
    ModelConfig config =
        arguments("max_length", 8, key, 0.5)
            .configure(TestModels.tinyConfig(50, List.of("a"), 0), List.of("a", "b"));
    try (SequenceClassifier model = SequenceClassifier.fromScratch(config, 1);
        PointerScope scope = new PointerScope()) {
      Batch batch = Batch.of(List.of(new int[] {3, 4, 5}), new int[][] {{0}}, 0);
      ForwardPass training = new ForwardPass(ScalarType.Float, torch.make_generator_cpu(1));
      assertThat(model.logits(training, batch)[0]).isNotEqualTo(model.logits(batch)[0]);
    }
  }

  @Test
  void aDropoutThatTheFamilyHasNotIsRefused() {
    DropoutKeys keys = new DropoutKeys(List.of("dropout"), List.of("attention"), List.of());
    assertThatThrownBy(() -> keys.entries(Double.NaN, Double.NaN, 0.1, "mpnet"))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "model.classifier_dropout=0.1 is not allowed: models of type mpnet have no such dropout"
                + " of their own; expected auto");
    assertThat(keys.entries(0.1, Double.NaN, Double.NaN, "mpnet"))
        .containsExactly(Map.entry("dropout", 0.1));
  }

  @ParameterizedTest
  @CsvSource({
    "AUTO, Float, true",
    "AUTO, BFloat16, false",
    "EAGER, Float, false",
    "SDPA, Float, true",
    "SDPA, BFloat16, true"
  })
  void attentionIsComputedAsAsked(
      AttentionImplementation implementation, ScalarType dtype, boolean fused) {
    try (PointerScope scope = new PointerScope()) {
      ForwardPass pass = new ForwardPass(dtype, null, implementation);
      Tensor q = torch.rand(2, 3, 5, 4).to(dtype).detach().set_requires_grad(true);
      Tensor context = pass.attention(q, q, q, null, 0.5, 0.1);
      assertThat(context.grad_fn().name().getString().contains("ScaledDotProduct"))
          .isEqualTo(fused);
      Tensor plain =
          new ForwardPass(ScalarType.Float, null, AttentionImplementation.EAGER)
              .attention(
                  q.to(ScalarType.Float),
                  q.to(ScalarType.Float),
                  q.to(ScalarType.Float),
                  null,
                  0.5,
                  0);
      assertThat(context.to(ScalarType.Float).sub(plain).abs().max().item_double())
          .isLessThan(dtype == ScalarType.Float ? 1e-6 : 2e-2);
    }
  }
}
