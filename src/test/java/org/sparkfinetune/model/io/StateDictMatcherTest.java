package org.sparkfinetune.model.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sparkfinetune.UserException;

class StateDictMatcherTest {
  private static final String FILE = "tiny-bert-classifier/model.safetensors";
  private static final Predicate<String> NONE = name -> false;
  private static final Predicate<String> HEAD =
      name -> name.startsWith("classifier.") || name.contains("pooler.");

  @Test
  void givesTensorsUnderTheExpectedNamesInTheOrderOfTheFile() {
    try (TensorSource source = source()) {
      StateDictMatcher weights = StateDictMatcher.load(source, shapes(source), "bert", NONE);
      assertThat(weights.tensors().keySet()).containsExactlyElementsOf(source.tensors().keySet());
      assertThat(weights.missing()).isEmpty();
      assertThat(weights.unusedHead()).isEmpty();
      assertThat(weights.unusedEncoder()).isEmpty();
      weights.tensors().values().forEach(Tensor::close);
    }
  }

  @Test
  void matchesNamesWhateverPartTheyWereSavedFrom() {
    float[] stored = Fixtures.readAll(source()).get("bert.embeddings.LayerNorm.bias");
    try (TensorSource source = source()) {
      StateDictMatcher weights =
          StateDictMatcher.load(
              source, Map.of("bert.embeddings.LayerNorm.bias", new long[] {12}), "bert", NONE);
      try (Tensor tensor = weights.tensors().get("bert.embeddings.LayerNorm.bias")) {
        assertThat(Fixtures.values(tensor)).containsExactly(stored);
      }
      assertThat(weights.unusedEncoder())
          .hasSize(4)
          .contains("bert.embeddings.LayerNorm.weight")
          .allMatch(name -> name.startsWith("bert.embeddings."));
      assertThat(weights.unusedHead())
          .hasSize(source.tensors().size() - 5)
          .contains("classifier.weight", "bert.pooler.dense.bias");
    }
  }

  @Test
  void knowsTheNamesOfCheckpointsThatCameFromTensorFlow() {
    assertThat(
            StateDictMatcher.canonicalName("bert.encoder.layer.0.output.LayerNorm.gamma", "bert"))
        .isEqualTo("encoder.layer.0.output.LayerNorm.weight");
    assertThat(StateDictMatcher.canonicalName("0.auto_model.embeddings.LayerNorm.beta", "bert"))
        .isEqualTo("embeddings.LayerNorm.bias");
    assertThat(StateDictMatcher.canonicalName("module.bert.pooler.dense.weight", "bert"))
        .isEqualTo("pooler.dense.weight");
    assertThat(StateDictMatcher.canonicalName("classifier.weight", "bert"))
        .isEqualTo("classifier.weight");
  }

  /** torch.compile, FSDP, activation checkpoints, data parallelism, sentence-transformers. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "_orig_mod.bert.encoder.layer.0.output.dense.weight",
        "_orig_mod.module.bert.encoder.layer.0.output.dense.weight",
        "module._orig_mod.bert.encoder.layer.0.output.dense.weight",
        "model.module.model.bert.encoder.layer.0.output.dense.weight",
        "bert._orig_mod.encoder.layer.0._orig_mod.output.dense.weight",
        "bert.module.encoder.layer.0._checkpoint_wrapped_module.output.dense.weight",
        "_fsdp_wrapped_module.bert.encoder.layer.0._fsdp_wrapped_module.output.dense.weight",
        "0.auto_model._orig_mod.bert.encoder.layer.0.output.dense._orig_mod.weight",
      })
  void wrappersAreNoPartOfANameInWhateverOrder(String name) {
    assertThat(StateDictMatcher.canonicalName(name, "bert"))
        .isEqualTo("encoder.layer.0.output.dense.weight");
    assertThat(StateDictMatcher.canonicalName("my_orig_mod.weight", "bert"))
        .isEqualTo("my_orig_mod.weight");
  }

  @Test
  void leavesOutAHeadThatIsMissingOrOfAnotherShapeAndSaysSo() {
    try (TensorSource source = source()) {
      Map<String, long[]> expected = shapes(source);
      expected.put("classifier.weight", new long[] {77, 12});
      expected.put("classifier.extra", new long[] {1});
      StateDictMatcher weights = StateDictMatcher.load(source, expected, "bert", HEAD);
      assertThat(weights.missing()).containsExactly("classifier.extra", "classifier.weight");
      assertThat(weights.tensors())
          .doesNotContainKey("classifier.weight")
          .containsKey("classifier.bias");
      assertThat(weights.unusedHead()).isEmpty();
      assertThat(weights.unusedEncoder()).isEmpty();
      weights.tensors().values().forEach(Tensor::close);
    }
  }

  @Test
  void ignoresTheIndexBuffersOfOldCheckpoints() {
    ChunkedBytes bytes =
        Fixtures.safetensors(
            "{'bert.embeddings.position_ids':{'dtype':'I64','shape':[1,2],'data_offsets':[0,16]}}",
            16);
    try (TensorSource source = SafetensorsReader.open(bytes, "old")) {
      StateDictMatcher weights = StateDictMatcher.load(source, Map.of(), "bert", NONE);
      assertThat(weights.unusedHead()).isEmpty();
      assertThat(weights.unusedEncoder()).isEmpty();
    }
  }

  @Test
  void tellsUnusedHeadsFromUnusedWeightsOfTheEncoder() {
    List<String> stored =
        List.of(
            "roberta.encoder.layer.0.w",
            "roberta.encoder.layer.1.w",
            "roberta.embeddings.position_ids",
            "roberta.pooler.dense.w",
            "lm_head.dense.w");
    StringBuilder header = new StringBuilder("{");
    stored.forEach(
        name ->
            header
                .append(header.length() > 1 ? "," : "")
                .append("'" + name + "':{'dtype':'F32','shape':[0],'data_offsets':[0,0]}"));
    ChunkedBytes bytes = Fixtures.safetensors(header + "}", 0);
    Map<String, long[]> expected =
        Map.of("roberta.encoder.layer.0.w", new long[] {0}, "classifier.w", new long[] {3});
    try (TensorSource source = SafetensorsReader.open(bytes, "lm")) {
      StateDictMatcher weights = StateDictMatcher.load(source, expected, "roberta", HEAD);
      assertThat(weights.missing()).containsExactly("classifier.w");
      assertThat(weights.unusedHead())
          .containsExactlyInAnyOrder("roberta.pooler.dense.w", "lm_head.dense.w");
      assertThat(weights.unusedEncoder()).containsExactly("roberta.encoder.layer.1.w");
      weights.tensors().values().forEach(Tensor::close);
    }
  }

  @Test
  void stripsThePrefixOfTheFamilyAlone() {
    assertThat(StateDictMatcher.canonicalName("model.layers.0.attn.Wqkv.weight", "model"))
        .isEqualTo("layers.0.attn.Wqkv.weight");
    assertThat(StateDictMatcher.canonicalName("deberta.encoder.rel_embeddings.weight", "deberta"))
        .isEqualTo("encoder.rel_embeddings.weight");
    assertThat(StateDictMatcher.canonicalName("bert.encoder.w", "electra"))
        .isEqualTo("bert.encoder.w");
  }

  @Test
  void listsAtMostTenMissingWeights() {
    try (TensorSource source = source()) {
      Map<String, long[]> expected = shapes(source);
      for (int i = 0; i < 12; i++) {
        expected.put("bert.encoder.layer.2.w" + (char) ('a' + i), new long[] {1});
      }
      assertThatThrownBy(() -> StateDictMatcher.load(source, expected, "bert", HEAD))
          .isInstanceOf(UserException.class)
          .hasMessageStartingWith(
              FILE
                  + ": 12 of the 53 weights that the model needs are missing:"
                  + " bert.encoder.layer.2.wa, bert.encoder.layer.2.wb, bert.encoder.layer.2.wc,"
                  + " bert.encoder.layer.2.wd, bert.encoder.layer.2.we, bert.encoder.layer.2.wf,"
                  + " bert.encoder.layer.2.wg, bert.encoder.layer.2.wh, bert.encoder.layer.2.wi,"
                  + " bert.encoder.layer.2.wj and 2 more. Check that config.json belongs to these"
                  + " weights; the file has: bert.embeddings.LayerNorm.bias,");
    }
  }

  @Test
  void namesATensorOfTheWrongShapeWithBothShapes() {
    try (TensorSource source = source()) {
      Map<String, long[]> expected = shapes(source);
      expected.put("bert.pooler.dense.weight", new long[] {12, 24});
      assertThatThrownBy(() -> StateDictMatcher.load(source, expected, "bert", NONE))
          .isInstanceOf(UserException.class)
          .hasMessage(
              FILE
                  + ": tensor 'bert.pooler.dense.weight' has shape [12, 12], the model's"
                  + " configuration says [12, 24]. Check that config.json belongs to these weights.");
    }
  }

  @Test
  void refusesQuantizedWeightsBeforeItReadsAny() {
    ChunkedBytes bytes =
        Fixtures.safetensors(
            "{'pooler.dense.bias':{'dtype':'I8','shape':[4],'data_offsets':[0,4]}}", 4);
    try (TensorSource source = SafetensorsReader.open(bytes, "int8")) {
      assertThatThrownBy(
              () ->
                  StateDictMatcher.load(
                      source, Map.of("pooler.dense.bias", new long[] {4}), "bert", NONE))
          .isInstanceOf(UserException.class)
          .hasMessageStartingWith("int8: tensor 'pooler.dense.bias' holds I8, which is not");
    }
  }

  @Test
  void refusesTwoTensorsThatAreTheSameWeight() {
    ChunkedBytes bytes =
        Fixtures.safetensors(
            "{'bert.w':{'dtype':'F32','shape':[0],'data_offsets':[0,0]},"
                + "'w':{'dtype':'F32','shape':[0],'data_offsets':[0,0]}}",
            0);
    try (TensorSource source = SafetensorsReader.open(bytes, "twice")) {
      assertThatThrownBy(() -> StateDictMatcher.load(source, Map.of(), "bert", NONE))
          .isInstanceOf(UserException.class)
          .hasMessage("twice: tensors 'bert.w' and 'w' are the same weight.");
    }
  }

  @Test
  void modelFilesHoldTensorsAsASafetensorsFile() {
    try (Tensor tensor = Tensor.create(1f, 2f)) {
      ModelFiles files = ModelFiles.of("{}", "{}", Map.of("classifier.bias", tensor));
      try (TensorSource source = files.openWeights()) {
        assertThat(source.tensors())
            .containsExactly(Map.entry("classifier.bias", new TensorInfo(DType.F32, List.of(2L))));
      }
      assertThat(Fixtures.readAll(files.openWeights()).get("classifier.bias"))
          .containsExactly(1, 2);
    }
  }

  private static TensorSource source() {
    return SafetensorsReader.open(Fixtures.bytes(FILE), FILE);
  }

  private static Map<String, long[]> shapes(TensorSource source) {
    Map<String, long[]> shapes = new LinkedHashMap<>();
    source.tensors().forEach((name, info) -> shapes.put(name, info.dims()));
    return shapes;
  }
}
