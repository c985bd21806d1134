package org.sparkfinetune.describe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sparkfinetune.TestModels;
import org.sparkfinetune.UserException;
import org.sparkfinetune.config.Schema;
import org.sparkfinetune.model.ModelArguments;
import org.sparkfinetune.model.encoder.ParameterCount;
import org.sparkfinetune.model.encoder.Pooling;
import org.sparkfinetune.model.io.HuggingFaceFolder;
import org.sparkfinetune.model.io.ModelInputs;
import org.sparkfinetune.model.io.PretrainedModel;
import org.sparkfinetune.train.TrainingArguments;

class ModelDescriptionTest {
  private static final Path FIXTURES = Path.of("src/test/resources/org/sparkfinetune/model/io");

  @TempDir Path folder;

  @Test
  void embeddedEncoder() {
    ModelDescription model = describe("minilm-l6", Map.of());

    assertThat(model.config().modelType()).isEqualTo("bert");
    assertThat(model.config().pooling()).isEqualTo(Pooling.MEAN);
    assertThat(model.labels()).isEmpty();
    assertThat(model.parts())
        .startsWith(
            new ParameterCount("embeddings", 11_918_592, 0),
            new ParameterCount("layer 1", 1_774_464, 0))
        .endsWith(new ParameterCount("head", 770, 0))
        .hasSize(8);
    assertThat(model.whole()).isEqualTo(new ParameterCount("total", 22_566_146, 0));
    assertThat(model.headLoaded()).isEmpty();
    assertThat(model.headFresh())
        .containsOnly(
            Map.entry("classifier.weight", List.of(2L, 384L)),
            Map.entry("classifier.bias", List.of(2L)));
    assertThat(model.memory().weights()).isEqualTo(4 * 22_566_146L);
    assertThat(model.memory().optimizerState()).isEqualTo(8 * 22_566_146L);
  }

  @Test
  void huggingFaceClassifierBringsItsHead() {
    ModelDescription model = describe(tinyClassifier(), Map.of());

    assertThat(model.labels()).hasSize(3);
    assertThat(model.headFresh()).isEmpty();
    assertThat(model.headLoaded())
        .containsOnlyKeys(
            "bert.pooler.dense.weight",
            "bert.pooler.dense.bias",
            "classifier.weight",
            "classifier.bias");
    assertThat(model.encoderFresh()).isEmpty();
    assertThat(model.encoderUnused()).isEmpty();
    assertThat(model.headUnused()).isEmpty();
  }

  @Test
  void anotherPoolingLeavesThePoolerUnused() {
    ModelDescription model = describe(tinyClassifier(), Map.of("pooling", "mean"));

    assertThat(model.headLoaded()).containsOnlyKeys("classifier.weight", "classifier.bias");
    assertThat(model.headUnused())
        .containsOnlyKeys("bert.pooler.dense.weight", "bert.pooler.dense.bias");
  }

  @Test
  void layersThatTheConfigurationLeavesOutAreTheEncodersUnusedWeights() throws Exception {
    Path base = Files.createDirectory(folder.resolve("base"));
    for (String file : List.of("config.json", "model.safetensors", "tokenizer.json")) {
      Files.copy(FIXTURES.resolve("tiny-bert-classifier").resolve(file), base.resolve(file));
    }
    Path config = base.resolve("config.json");
    String text = Files.readString(config);
    Files.writeString(config, text.replace("\"num_hidden_layers\": 2", "\"num_hidden_layers\": 1"));

    ModelDescription model = describe(base.toString(), Map.of());

    assertThat(model.encoderUnused())
        .hasSize(16)
        .containsKey("bert.encoder.layer.1.attention.self.query.weight");
    assertThat(model.headUnused()).isEmpty();
  }

  @Test
  void reinitializedLayersAndAdaptersStartAfresh() {
    assertThat(describe("minilm-l6", Map.of("reinit_top_layers", 2)).encoderFresh())
        .containsExactly("layer 5", "layer 6");
    assertThat(describe("minilm-l6", Map.of("lora_rank", 2)).encoderFresh())
        .containsExactly("adapters");
  }

  @Test
  void fromScratchNeedsNoWeights() throws Exception {
    Path base = Files.createDirectory(folder.resolve("base"));
    for (String file : List.of("config.json", "tokenizer.json")) {
      Files.copy(FIXTURES.resolve("tiny-bert-classifier").resolve(file), base.resolve(file));
    }

    ModelDescription model = describe(base.toString(), Map.of("from_scratch", true));

    assertThat(model.encoderFresh()).containsExactly("embeddings", "layer 1", "layer 2");
    assertThat(model.headLoaded()).isEmpty();
    assertThat(model.headFresh()).containsKey("classifier.weight");
    assertThat(DescriptionText.render(model)).contains("  stored as            not looked at\n");
  }

  @Test
  void frozenWeightsTakeNoGradientsAndLessActivations() {
    ModelDescription whole = describe("minilm-l6", Map.of());
    ModelDescription frozen = describe("minilm-l6", Map.of("freeze", "encoder"));
    ModelDescription lora = describe("minilm-l6", Map.of("lora_rank", 4));

    assertThat(frozen.memory().weights()).isEqualTo(whole.memory().weights());
    assertThat(frozen.memory().gradients()).isEqualTo(4 * 770L);
    assertThat(frozen.memory().activations()).isLessThan(whole.memory().activations());
    // Gradients flow through the frozen layers to the adapters below.
    assertThat(lora.memory().activations()).isGreaterThan(frozen.memory().activations());
    assertThat(lora.memory().gradients())
        .isEqualTo(4 * lora.whole().trainable())
        .isGreaterThan(frozen.memory().gradients());
  }

  @Test
  void attentionImplementationCounts() {
    long eager =
        describe(
                "minilm-l6",
                Map.of("attn_implementation", "eager", "attention_dropout", 0, "max_length", 256))
            .memory()
            .activations();
    long sdpa =
        describe(
                "minilm-l6",
                Map.of("attn_implementation", "sdpa", "attention_dropout", 0, "max_length", 256))
            .memory()
            .activations();

    assertThat(eager).isGreaterThan(sdpa);
  }

  @Test
  void onnxFile() throws Exception {
    Path file = folder.resolve("encoder.onnx");
    Files.copy(FIXTURES.resolve("tiny-bert-encoder.onnx"), file);
    Files.copy(
        FIXTURES.resolve("tiny-bert-classifier/tokenizer.json"), folder.resolve("tokenizer.json"));

    ModelDescription model = describe(file.toString(), Map.of());

    assertThat(model.config().modelType()).isEqualTo("bert");
    assertThat(model.headFresh()).containsKey("classifier.weight");
  }

  @Test
  void modelThatFineTuneHasSaved() {
    org.apache.hadoop.fs.Path stage =
        new org.apache.hadoop.fs.Path(folder.toString(), "stages/1_TransformerClassifierModel_x");
    HuggingFaceFolder.write(
        TestModels.tiny(),
        new ModelInputs(128, true),
        new org.apache.hadoop.fs.Path(stage, "huggingface"),
        new Configuration(false));

    ModelDescription ofPipeline = describe(folder.toString(), Map.of());
    ModelDescription ofStage = describe(stage.toString(), Map.of());

    assertThat(ofPipeline.labels()).containsExactly("card", "loan", "transfer");
    assertThat(ofPipeline.headFresh()).isEmpty();
    assertThat(ofStage.parts()).isEqualTo(ofPipeline.parts());
  }

  @Test
  void longerTextsAndLargerBatchesTakeMoreActivationsAndNothingElse() {
    ModelDescription small = describe(tinyClassifier(), Map.of("max_length", 8));
    ModelDescription large = describe(tinyClassifier(), Map.of("max_length", 16));

    assertThat(large.memory().activations()).isGreaterThan(2 * small.memory().activations());
    assertThat(large.memory().weights()).isEqualTo(small.memory().weights());
  }

  @Test
  void refusesWhatFineTuneWouldRefuse() {
    assertThatThrownBy(() -> describe("minilm-l6", Map.of("max_length", 513)))
        .isInstanceOf(UserException.class)
        .hasMessage("model.max_length=513 is not allowed: the model has positions for 512 tokens");
  }

  @Test
  void textHasAlignedColumnsWithUnits() {
    String text = DescriptionText.render(describe("minilm-l6", Map.of()));

    assertThat(text)
        .startsWith("minilm-l6\n  family               bert\n")
        .contains(
            """
            Parameters                       total       trainable          frozen
              embeddings                11,918,592      11,918,592               0
              layers 1-6, each           1,774,464       1,774,464               0
              head                             770             770               0
              total                     22,566,146      22,566,146               0
            """)
        .contains("Encoder\n  starts afresh        nothing\n  not used             nothing\n")
        .contains("  starts afresh        classifier.weight [2, 384], classifier.bias [2]\n")
        .contains("  kind                 WordPiece\n")
        .contains("  special tokens       [PAD] 0, [UNK] 100, [CLS] 101, [SEP] 102, [MASK] 103\n")
        .contains("Memory to train, batches of 4 texts of 16 tokens, fp32\n")
        .contains("  weights                    86.1 MiB\n")
        .contains("  optimizer state           172.2 MiB\n");
  }

  /** Only what a number holds is described, and nothing is counted that often. */
  @Test
  void sizesOfAStrangersConfigurationEndInAMessage() throws Exception {
    String config = Files.readString(Path.of(tinyClassifier(), "config.json"));
    Files.copy(Path.of(tinyClassifier(), "tokenizer.json"), folder.resolve("tokenizer.json"));
    Map<String, String> messages =
        Map.of(
            "\"num_hidden_layers\": 2147483647",
            "config.json: num_hidden_layers=2147483647 is not allowed",
            "\"vocab_size\": 16777216, \"hidden_size\": 12000000",
            "config.json describes a model of ",
            "\"max_position_embeddings\": 1048576, \"hidden_size\": 262144, \"num_attention_heads\": 262144",
            "a pass over 4 rows of 1,048,576 tokens takes more memory than can be counted");
    for (Map.Entry<String, String> hostile : messages.entrySet()) {
      Files.writeString(
          folder.resolve("config.json"),
          config.replaceFirst("}\\s*$", "," + hostile.getKey() + "}"));
      assertThatThrownBy(
              () ->
                  describe(
                      folder.toString(),
                      Map.of(
                          "from_scratch",
                          true,
                          "max_length",
                          hostile.getKey().contains("max_p") ? 1 << 20 : 16)))
          .isInstanceOf(UserException.class)
          .hasMessageStartingWith(hostile.getValue());
    }
  }

  private static String tinyClassifier() {
    return FIXTURES.resolve("tiny-bert-classifier").toString();
  }

  private static ModelDescription describe(String base, Map<String, Object> settings) {
    Map<String, Object> model = new HashMap<>(Map.of("base", base, "max_length", 16));
    model.putAll(settings);
    ModelArguments arguments = Schema.of("model", ModelArguments.class).create(model);
    return ModelDescription.of(
        PretrainedModel.open(base, new Configuration(false), !arguments.fromScratch()),
        arguments,
        Schema.of("training", TrainingArguments.class)
            .create(Map.of("per_device_train_batch_size", 4, "precision", "fp32")));
  }
}
