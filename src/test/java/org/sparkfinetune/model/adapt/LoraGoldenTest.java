package org.sparkfinetune.model.adapt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.hadoop.conf.Configuration;
import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sparkfinetune.TestAdapters;
import org.sparkfinetune.TestGoldens;
import org.sparkfinetune.model.SequenceClassifier;
import org.sparkfinetune.model.compute.ForwardPass;
import org.sparkfinetune.model.compute.Parameter;
import org.sparkfinetune.model.io.HuggingFaceFolder;
import org.sparkfinetune.model.io.ModelFiles;
import org.sparkfinetune.model.io.SafetensorsReader;
import org.sparkfinetune.model.io.TensorInfo;
import org.sparkfinetune.model.io.TensorSource;

/** LoRA on a tiny BERT against PEFT, by {@code tools/goldens/adapting.py}. */
class LoraGoldenTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @Test
  void logitsEqualPeft() throws IOException {
    TestGoldens golden = TestGoldens.of("bert");
    JsonNode expected = golden.json("customizing.json").get("lora").get("logits");
    try (SequenceClassifier model = TestAdapters.golden(golden);
        SequenceClassifier base = golden.model()) {
      assertClose(model.logits(golden.batch()), expected);
      assertThat(Math.abs(base.logits(golden.batch())[0][0] - expected.get(0).get(0).doubleValue()))
          .isGreaterThan(0.05);
    }
  }

  @Test
  void gradientsEqualPeftAndFrozenWeightsHaveNone() throws IOException {
    TestGoldens golden = TestGoldens.of("bert");
    JsonNode norms = golden.json("customizing.json").get("lora").get("gradient_norms");
    try (SequenceClassifier model = TestAdapters.golden(golden);
        PointerScope scope = new PointerScope()) {
      model.loss(ForwardPass.inference(), golden.batch()).backward();
      assertThat(model.parameters().trainable()).hasSize(norms.size());
      for (Parameter weight : model.parameters().parameters()) {
        Tensor gradient = weight.tensor().grad();
        assertThat(gradient.defined()).as(weight.name()).isEqualTo(norms.has(weight.name()));
        if (gradient.defined()) {
          double expected = norms.get(weight.name()).doubleValue();
          assertThat(gradient.norm(new Scalar(2.0)).item_double())
              .as(weight.name())
              .isCloseTo(expected, within(Math.max(1e-4 * expected, 1e-6)));
        }
      }
    }
  }

  @Test
  void mergedWeightsEqualPeftsMergeAndUnload() throws IOException {
    TestGoldens golden = TestGoldens.of("bert");
    try (SequenceClassifier model = TestAdapters.golden(golden);
        TensorSource expected = golden.tensors("lora-merged.safetensors");
        TensorSource base = golden.tensors("model.safetensors");
        TensorSource merged = model.toFiles("{}").openWeights();
        PointerScope scope = new PointerScope()) {
      assertThat(merged.tensors()).isEqualTo(base.tensors());
      assertThat(expected.tensors()).hasSize(2 * 3);
      for (String name : expected.tensors().keySet()) {
        assertThat(largestDifference(merged.read(name), expected.read(name)))
            .as(name)
            .isLessThan(1e-6);
        assertThat(largestDifference(base.read(name), expected.read(name)))
            .as(name)
            .isGreaterThan(1e-2);
      }
    }
  }

  @Test
  void theSavedModelHasTheAdaptersInItAndPeftsFilesBesideIt(@TempDir Path folder)
      throws IOException {
    TestGoldens golden = TestGoldens.of("bert");
    org.apache.hadoop.fs.Path path = new org.apache.hadoop.fs.Path(folder.toUri());
    Configuration hadoop = new Configuration(false);
    String tokenizer = org.sparkfinetune.TestModels.tiny().tokenizer();
    float[][] logits;
    try (SequenceClassifier model = TestAdapters.golden(golden)) {
      logits = model.logits(golden.batch());
      HuggingFaceFolder.write(model.toFiles(tokenizer), model.config().inputs(), path, hadoop);
    }
    ModelFiles files = HuggingFaceFolder.open(path, hadoop).read();
    try (SequenceClassifier saved = SequenceClassifier.load(files)) {
      assertClose(saved.logits(golden.batch()), JSON.valueToTree(logits));
    }

    assertThat(files.adapter().config())
        .isEqualTo(java.nio.file.Files.readString(folder.resolve("adapter/adapter_config.json")));
    try (TensorSource ours =
            SafetensorsReader.open(
                new org.apache.hadoop.fs.Path(path, "adapter/adapter_model.safetensors"), hadoop);
        TensorSource pefts = golden.tensors("lora/adapter_model.safetensors");
        PointerScope scope = new PointerScope()) {
      Map<String, TensorInfo> expected = pefts.tensors();
      assertThat(ours.tensors()).isEqualTo(expected);
      for (String name : expected.keySet()) {
        assertThat(largestDifference(ours.read(name), pefts.read(name))).isZero();
      }
    }
  }

  @Test
  void theAdaptersConfigurationSaysWhatPeftsSays() throws IOException {
    TestGoldens golden = TestGoldens.of("bert");
    JsonNode pefts = golden.json("lora/adapter_config.json");
    JsonNode ours;
    try (SequenceClassifier model = TestAdapters.golden(golden)) {
      ours = JSON.readTree(model.toFiles("{}").adapter().config());
    }
    Set<String> compared = new HashSet<>();
    ours.fieldNames().forEachRemaining(compared::add);
    assertThat(compared)
        .contains("peft_type", "task_type", "r", "lora_alpha", "base_model_name_or_path");
    compared.removeAll(Set.of("target_modules", "modules_to_save"));
    for (String key : compared) {
      assertThat(ours.get(key)).as(key).isEqualTo(pefts.get(key));
    }
    // PEFT also lists the name that other families give their classifier.
    assertThat(JSON.convertValue(ours.get("modules_to_save"), String[].class))
        .containsExactlyInAnyOrder("bert.pooler", "classifier");
    List<String> targets = List.of(JSON.convertValue(ours.get("target_modules"), String[].class));
    assertThat(targets)
        .hasSize(6)
        .contains("bert.encoder.layer.2.attention.self.value")
        .allMatch(target -> target.endsWith(".query") || target.endsWith(".value"));
  }

  private static void assertClose(float[][] logits, JsonNode expected) {
    assertThat(logits).hasDimensions(expected.size(), expected.get(0).size());
    for (int row = 0; row < logits.length; row++) {
      for (int label = 0; label < logits[row].length; label++) {
        assertThat((double) logits[row][label])
            .isCloseTo(expected.get(row).get(label).doubleValue(), within(1e-5));
      }
    }
  }

  private static double largestDifference(Tensor a, Tensor b) {
    return a.sub(b).abs().max().item_double();
  }
}
