package org.sparkfinetune.model.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.bytedeco.pytorch.Tensor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.sparkfinetune.UserException;

class HuggingFaceFolderTest {
  private static final String TINY = "tiny-bert-classifier";

  private static final ModelInputs INPUTS = new ModelInputs(16, true);

  @TempDir private Path temporary;

  @Test
  void readsWhatTransformersWrote() throws IOException {
    HuggingFaceFolder folder = open(Fixtures.path(TINY));
    assertThat(folder.config()).isEqualTo(text(Fixtures.path(TINY), "config.json"));
    assertThat(folder.tokenizer()).isEqualTo(text(Fixtures.path(TINY), "tokenizer.json"));
    try (TensorSource weights = folder.openWeights()) {
      assertThat(weights.tensors()).hasSize(41).containsKey("bert.pooler.dense.weight");
    }
  }

  @Test
  void writesWhatItRead() throws IOException {
    Path copy = temporary.resolve("a/b");
    HuggingFaceFolder.write(
        open(Fixtures.path(TINY)).read(), INPUTS, Fixtures.hadoop(copy), new Configuration(false));
    for (String file : new String[] {"config.json", "model.safetensors", "tokenizer.json"}) {
      assertThat(copy.resolve(file)).hasSameBinaryContentAs(Fixtures.path(TINY).resolve(file));
    }
    ObjectNode written = Json.object(text(copy, "tokenizer_config.json"), "written");
    ObjectNode official =
        Json.object(text(Fixtures.path(TINY), "tokenizer_config.json"), "official");
    List<String> asOfficial =
        List.of(
            "model_max_length", "cls_token", "mask_token", "pad_token", "sep_token", "unk_token");
    asOfficial.forEach(key -> assertThat(written.get(key)).as(key).isEqualTo(official.get(key)));
    assertThat(Json.object(text(copy, "special_tokens_map.json"), "written"))
        .isEqualTo(Json.object(text(Fixtures.path(TINY), "special_tokens_map.json"), "official"));
  }

  @Test
  void overwritesAnOlderModel() throws IOException {
    ModelFiles files = open(Fixtures.path(TINY)).read();
    Files.writeString(temporary.resolve("config.json"), "old and longer ".repeat(100));
    HuggingFaceFolder.write(files, INPUTS, Fixtures.hadoop(temporary), new Configuration(false));
    assertThat(open(temporary).config()).isEqualTo(files.config());
  }

  /** Beside the checksums of what was written. */
  @Test
  void anEditedConfigurationIsReadAndChangedWeightsAreDamaged() throws IOException {
    ModelFiles files = open(Fixtures.path(TINY)).read();
    HuggingFaceFolder.write(files, INPUTS, Fixtures.hadoop(temporary), new Configuration(false));
    assertThat(temporary.resolve(".config.json.crc")).exists();
    String edited = files.config().replace("\"bert\"", "\"bert\" ");
    Files.writeString(temporary.resolve("config.json"), edited);
    Path weights = temporary.resolve("model.safetensors");
    byte[] bytes = Files.readAllBytes(weights);
    bytes[bytes.length - 5] ^= 1;
    Files.write(weights, bytes);

    assertThat(open(temporary).config()).isEqualTo(edited);
    assertThatThrownBy(() -> open(temporary).read())
        .isInstanceOf(UserException.class)
        .hasMessageContaining("model.safetensors: this file is damaged, or was changed");
    try (TensorSource source = open(temporary).openWeights()) {
      assertThatThrownBy(
              () -> {
                for (String name : source.tensors().keySet()) {
                  source.read(name).close();
                }
              })
          .isInstanceOf(UserException.class)
          .hasMessageContaining("delete that file");
    }
    Files.delete(temporary.resolve(".model.safetensors.crc"));
    assertThat(open(temporary).read().weights().size()).isEqualTo(bytes.length);
  }

  @Test
  void keepsAnAdapterBesideTheWeightsAndNoOlderModels() throws IOException {
    ModelFiles files = open(Fixtures.path(TINY)).read();
    assertThat(files.adapter()).isNull();
    AdapterFiles adapter = new AdapterFiles("{\"r\": 2}", files.weights());
    Configuration hadoop = new Configuration(false);

    HuggingFaceFolder.write(files.withAdapter(adapter), INPUTS, Fixtures.hadoop(temporary), hadoop);
    assertThat(text(temporary, "adapter/adapter_config.json")).isEqualTo(adapter.config());
    assertThat(temporary.resolve("adapter/adapter_model.safetensors"))
        .hasSameBinaryContentAs(temporary.resolve("model.safetensors"));
    assertThat(open(temporary).read().adapter().config()).isEqualTo(adapter.config());

    HuggingFaceFolder.write(files, INPUTS, Fixtures.hadoop(temporary), hadoop);
    assertThat(open(temporary).read().adapter()).isNull();
    assertThat(temporary.resolve("adapter")).isEmptyDirectory();
  }

  @ParameterizedTest
  @CsvSource({
    "true, '\"input_ids\",\"token_type_ids\",\"attention_mask\"'",
    "false, '\"input_ids\",\"attention_mask\"'"
  })
  void tokenizersGiveWhatTheModelTakes(boolean tokenTypes, String names) {
    ObjectNode tokenizer =
        Json.object(
            "{\"pre_tokenizer\": {\"type\": \"ByteLevel\", \"add_prefix_space\": true},"
                + " \"added_tokens\": [{\"content\": \"[PAD]\"}]}",
            "tokenizer");
    assertThat(
            Json.object(
                TokenizerFiles.tokenizerConfig(tokenizer, new ModelInputs(512, tokenTypes)),
                "made"))
        .isEqualTo(
            Json.object(
                "{\"add_prefix_space\": true, \"model_input_names\": ["
                    + names
                    + "], \"model_max_length\": 512, \"tokenizer_class\":"
                    + " \"PreTrainedTokenizerFast\", \"pad_token\": \"[PAD]\"}",
                "expected"));
  }

  @Test
  void makesTheTokenizerFromAVocabulary() throws IOException {
    Path folder = Fixtures.copyWithout(TINY, temporary, "tokenizer.json");
    Files.writeString(
        folder.resolve("tokenizer_config.json"),
        "{\"do_lower_case\": false, \"strip_accents\": true, \"tokenize_chinese_chars\": false}");
    ObjectNode tokenizer = Json.object(open(folder).tokenizer(), "tokenizer");
    assertThat(tokenizer.at("/normalizer/lowercase").booleanValue()).isFalse();
    assertThat(tokenizer.at("/normalizer/strip_accents").booleanValue()).isTrue();
    assertThat(tokenizer.at("/normalizer/handle_chinese_chars").booleanValue()).isFalse();
    assertThat(tokenizer.at("/model/vocab/##payment").isMissingNode()).isTrue();
    assertThat(tokenizer.at("/model/vocab/##ment").intValue()).isEqualTo(28);
  }

  @Test
  void takesBertTokenizersDefaultsForABareVocabulary() throws IOException {
    Path folder = Fixtures.copyWithout(TINY, temporary, "tokenizer.json", "tokenizer_config.json");
    ObjectNode tokenizer = Json.object(open(folder).tokenizer(), "tokenizer");
    assertThat(tokenizer.at("/normalizer/lowercase").booleanValue()).isTrue();
    assertThat(tokenizer.at("/normalizer/strip_accents").isNull()).isTrue();
    assertThat(tokenizer.at("/normalizer/handle_chinese_chars").booleanValue()).isTrue();
  }

  @Test
  void listsWhatAFolderWithoutConfigurationHas() throws IOException {
    Path folder = Fixtures.copyWithout(TINY, temporary, "config.json");
    Files.createFile(folder.resolve("model.onnx"));
    assertMessage(
        folder,
        ": no config.json in this folder. It has: model.onnx, model.safetensors,"
            + " special_tokens_map.json, tokenizer.json, tokenizer_config.json, vocab.txt. Expected"
            + " config.json, model.safetensors and tokenizer.json (or vocab.txt). For the ONNX model"
            + " give the path of model.onnx.");
  }

  @Test
  void listsWhatAFolderWithoutWeightsHas() throws IOException {
    Path folder =
        Fixtures.copyWithout(
            TINY, temporary, "model.safetensors", "vocab.txt", "special_tokens_map.json");
    assertMessage(
        folder,
        ": no weights (model.safetensors) in this folder. It has: config.json, tokenizer.json,"
            + " tokenizer_config.json. Expected config.json, model.safetensors and tokenizer.json"
            + " (or vocab.txt).");
  }

  @Test
  void listsWhatAFolderWithoutTokenizerHas() throws IOException {
    Path folder = Fixtures.copyWithout(TINY, temporary, "tokenizer.json", "vocab.txt");
    assertMessage(
        folder,
        ": no tokenizer: none of tokenizer.json, vocab.txt and vocab.json with merges.txt is there."
            + " It has: config.json, model.safetensors, special_tokens_map.json,"
            + " tokenizer_config.json. Copy tokenizer.json from where the model came from.");
  }

  @ParameterizedTest
  @ValueSource(strings = {"sharded", "sharded-bin"})
  void readsShardsAsTheOneFile(String shards) throws IOException {
    Path folder = withShards(shards);
    Map<String, float[]> whole = Fixtures.readAll(open(Fixtures.path(TINY)).openWeights());
    assertThat(Fixtures.readAll(open(folder).openWeights()))
        .hasSameSizeAs(whole)
        .allSatisfy((name, values) -> assertThat(values).as(name).isEqualTo(whole.get(name)));
  }

  @Test
  void readsTheStateDictOfPyTorch() throws IOException {
    Path folder = Fixtures.copyWithout(TINY, temporary, "model.safetensors");
    Files.copy(Fixtures.path("pickles/state-dict.bin"), folder.resolve("pytorch_model.bin"));
    try (TensorSource weights = open(folder).openWeights()) {
      assertThat(weights.name()).endsWith("pytorch_model.bin");
      assertThat(weights.tensors()).containsKey("transposed");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"model.onnx", "onnx/model.onnx"})
  void readsWhatOptimumWrote(String file) throws IOException {
    Path folder = Fixtures.copyWithout(TINY, temporary, "model.safetensors");
    Files.createDirectories(folder.resolve(file).getParent());
    Files.copy(Fixtures.path("tiny-bert-classifier.onnx"), folder.resolve(file));
    Map<String, float[]> whole = Fixtures.readAll(open(Fixtures.path(TINY)).openWeights());
    assertThat(Fixtures.readAll(open(folder).openWeights()))
        .hasSameSizeAs(whole)
        .allSatisfy((name, values) -> assertThat(values).as(name).isEqualTo(whole.get(name)));
  }

  /** By Hadoop's own count, which a class that reads past Hadoop would not move. */
  @Test
  void readsEachByteOnce() throws IOException {
    Path folder = Fixtures.copyWithout(TINY, temporary, "model.safetensors");
    Path file = folder.resolve("model.safetensors");
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (int i = 0; i < 7; i++) {
      tensors.put("tensor." + i, Tensor.create(new float[300_000 + i]));
    }
    try (OutputStream out = Files.newOutputStream(file)) {
      SafetensorsWriter.write(out, tensors, SafetensorsWriter.PYTORCH);
    }
    tensors.values().forEach(Tensor::close);
    HuggingFaceFolder opened = open(folder);
    long before = bytesRead();
    try (TensorSource weights = opened.openWeights()) {
      weights.tensors().keySet().forEach(name -> weights.read(name).close());
    }
    assertThat(bytesRead() - before).isEqualTo(Files.size(file)).isGreaterThan(8_000_000);
  }

  private static long bytesRead() {
    return FileSystem.getGlobalStorageStatistics().get("file").getLong("bytesRead");
  }

  @Test
  void namesAMissingShard() throws IOException {
    Path folder = withShards("sharded");
    Files.delete(folder.resolve("model-00002-of-00002.safetensors"));
    assertThatThrownBy(() -> open(folder).openWeights())
        .isInstanceOf(UserException.class)
        .hasMessageMatching(
            ".*model.safetensors.index.json: the shard model-00002-of-00002.safetensors is missing,"
                + " which should hold \\d+ tensors, as 'bert.*'. Copy it to .*");
  }

  @Test
  void namesATensorThatItsShardLacks() throws IOException {
    Path folder = withShards("sharded");
    editIndex(folder, "classifier.bias", "classifier.extra");
    assertThatThrownBy(() -> open(folder).openWeights())
        .isInstanceOf(UserException.class)
        .hasMessageContaining(
            ": tensor 'classifier.extra' should lie in model-00002-of-00002.safetensors, which has"
                + " none of this name. Index and shards are not of one model");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"../stolen", "/etc/stolen", "shards/stolen", "file:/stolen", "..", "..\\\\stolen"})
  void refusesAShardThatLiesElsewhere(String path) throws IOException {
    Path folder = withShards("sharded");
    editIndex(folder, "model-00001-of-00002.safetensors", path);
    assertThatThrownBy(() -> open(folder).openWeights())
        .isInstanceOf(UserException.class)
        .hasMessageContaining(
            "it names the file '"
                + path.replace("\\\\", "\\")
                + "'; expected the plain name of a file in its own folder.");
  }

  @Test
  void namesAnIndexWithoutMap() throws IOException {
    Path folder = withShards("sharded");
    editIndex(folder, "weight_map", "map");
    assertThatThrownBy(() -> open(folder).openWeights())
        .isInstanceOf(UserException.class)
        .hasMessageEndingWith(
            "model.safetensors.index.json: no weight_map in it; expected the file of each tensor by"
                + " its name.");
  }

  @Test
  void makesTheTokenizerFromByteLevelBpe() throws IOException {
    Path folder =
        Fixtures.copyWithout(
            TINY, temporary, "tokenizer.json", "vocab.txt", "special_tokens_map.json");
    Path bpe = Fixtures.path("/org/sparkfinetune/tokenize/byte-level-bpe");
    for (String file : List.of("vocab.json", "merges.txt", "added_tokens.json")) {
      Files.copy(bpe.resolve(file), folder.resolve(file));
    }
    Files.writeString(
        folder.resolve("tokenizer_config.json"),
        "{\"tokenizer_class\": \"RobertaTokenizer\", \"add_prefix_space\": true, \"cls_token\":"
            + " {\"content\": \"<mask>\"}, \"add_bos_token\": true}");
    Files.writeString(folder.resolve("special_tokens_map.json"), "{\"sep_token\": \"<pad>\"}");
    ObjectNode tokenizer = Json.object(open(folder).tokenizer(), "tokenizer");
    assertThat(tokenizer.at("/pre_tokenizer/add_prefix_space").booleanValue()).isTrue();
    assertThat(tokenizer.at("/post_processor/cls/0").textValue()).isEqualTo("<mask>");
    assertThat(tokenizer.at("/post_processor/sep/0").textValue()).isEqualTo("<pad>");
    assertThat(tokenizer.at("/added_tokens").findValuesAsText("content")).contains("<order_id>");
  }

  @Test
  void namesTheFileAndTheKeyOfAnAddedTokenWithoutId() throws IOException {
    Path folder = Fixtures.copyWithout(TINY, temporary, "tokenizer.json", "vocab.txt");
    Path bpe = Fixtures.path("/org/sparkfinetune/tokenize/byte-level-bpe");
    for (String file : List.of("vocab.json", "merges.txt")) {
      Files.copy(bpe.resolve(file), folder.resolve(file));
    }
    Files.writeString(
        folder.resolve("tokenizer_config.json"),
        "{\"tokenizer_class\": \"RobertaTokenizer\", \"added_tokens_decoder\": {\"<new>\":"
            + " {\"content\": \"<new>\"}}}");
    assertThatThrownBy(() -> open(folder))
        .isInstanceOf(UserException.class)
        .hasMessageEndingWith(
            "tokenizer_config.json: added_tokens_decoder has the key '<new>': expected the id of a"
                + " token, a whole number");
  }

  @Test
  void namesTheFileOfAnAdapterThatIsMissing() throws IOException {
    ModelFiles files = open(Fixtures.path(TINY)).read();
    AdapterFiles adapter = new AdapterFiles("{\"r\": 2}", files.weights());
    HuggingFaceFolder.write(
        files.withAdapter(adapter), INPUTS, Fixtures.hadoop(temporary), new Configuration(false));
    Files.delete(temporary.resolve("adapter/adapter_model.safetensors"));
    assertThatThrownBy(() -> open(temporary).read())
        .isInstanceOf(UserException.class)
        .hasMessageContaining("adapter/adapter_model.safetensors: there is no such file");
  }

  @ParameterizedTest
  @ValueSource(strings = {"spiece.model", "sentencepiece.bpe.model", "spm.model"})
  void saysHowToConvertALoneSentencePieceFile(String file) throws IOException {
    Path folder = Fixtures.copyWithout(TINY, temporary, "tokenizer.json", "vocab.txt");
    Files.createFile(folder.resolve(file));
    assertMessage(
        folder,
        ": the tokenizer is there as a SentencePiece model alone ("
            + file
            + "), which is not read. Convert it once, in the folder of the Hugging Face model:"
            + " python -c \"from transformers import AutoTokenizer;"
            + " AutoTokenizer.from_pretrained('.').save_pretrained('.')\", and put the tokenizer.json"
            + " that this writes into "
            + folder
            + ".");
  }

  @Test
  void namesAConfigurationThatIsNoJson() throws IOException {
    Path folder = Fixtures.copyWithout(TINY, temporary, "config.json");
    Files.writeString(folder.resolve("config.json"), "{\n\"hidden_size\": }");
    assertThatThrownBy(() -> open(folder))
        .isInstanceOf(UserException.class)
        .hasMessageContaining(
            "config.json: not JSON (line 2, at hidden_size: Unexpected character");
    Files.writeString(folder.resolve("config.json"), "[]");
    assertThatThrownBy(() -> open(folder))
        .isInstanceOf(UserException.class)
        .hasMessageEndingWith("config.json: expected a JSON object.");
  }

  @Test
  void namesAFolderThatIsNotThere() {
    assertThatThrownBy(() -> open(temporary.resolve("none")))
        .isInstanceOf(UserException.class)
        .hasMessageEndingWith("none: there is no such folder.");
  }

  private Path withShards(String shards) throws IOException {
    Path folder = Fixtures.copyWithout(TINY, temporary, "model.safetensors", "config.json");
    return Fixtures.copyWithout(shards, folder);
  }

  @Test
  void saysOfAnAdapterHowItIsMerged() throws IOException {
    Path adapter = Files.createDirectory(temporary.resolve("adapter"));
    Files.writeString(
        adapter.resolve("adapter_config.json"), "{\"base_model_name_or_path\":\"bert-base\\n\"}");
    Files.write(adapter.resolve("adapter_model.safetensors"), new byte[8]);
    String message =
        ": this is a PEFT adapter of bert-base , which changes what its base computes. Merge it"
            + " first, in Python: AutoPeftModelForSequenceClassification.from_pretrained('"
            + adapter
            + "').merge_and_unload().save_pretrained('merged'), and give that folder, with the base's"
            + " tokenizer in it.";
    assertMessage(adapter, message);
    // Beside its base it counts as well: from_pretrained adds it.
    for (String file : List.of("config.json", "model.safetensors", "tokenizer.json")) {
      Files.copy(Fixtures.path(TINY).resolve(file), adapter.resolve(file));
    }
    assertMessage(adapter, message);
  }

  @Test
  void namesTheNewestCheckpointOfATrainersOutput() throws IOException {
    Path output = Files.createDirectory(temporary.resolve("output"));
    Files.writeString(output.resolve("trainer_state.json"), "{}");
    assertMessage(
        output,
        ": no config.json in this folder, which holds the state of a Trainer and no model: give one of"
            + " its folders checkpoint-STEP, or what trainer.save_model() wrote.");
    for (String name : List.of("checkpoint-500", "checkpoint-1000", "checkpoint-x", "runs")) {
      Files.createDirectory(output.resolve(name));
    }
    assertMessage(
        output,
        ": no config.json in this folder, which holds checkpoints of a training: give one of"
            + " them, as "
            + output
            + "/checkpoint-1000.");
  }

  @ParameterizedTest
  @CsvSource({
    "tf_model.h5, TensorFlow, from_tf=True",
    "model.ckpt.index, TensorFlow, from_tf=True",
    "flax_model.msgpack, Flax, from_flax=True"
  })
  void saysHowWeightsOfOtherFrameworksAreConverted(String file, String framework, String option)
      throws IOException {
    Path folder = Fixtures.copyWithout(TINY, temporary, "model.safetensors");
    Files.write(folder.resolve(file), new byte[8]);
    assertMessage(
        folder,
        ": its weights are there for %2$s alone (%3$s), which are not read. Convert them once, in Python: AutoModelForSequenceClassification.from_pretrained('%1$s', %4$s).save_pretrained('%1$s') writes model.safetensors beside."
            .formatted(folder, framework, file, option));
  }

  private static void editIndex(Path folder, String from, String to) throws IOException {
    Path index = folder.resolve("model.safetensors.index.json");
    Files.writeString(index, Files.readString(index).replace(from, to));
  }

  private static String text(Path folder, String file) throws IOException {
    return Files.readString(folder.resolve(file));
  }

  private static HuggingFaceFolder open(Path folder) {
    return HuggingFaceFolder.open(Fixtures.hadoop(folder), new Configuration(false));
  }

  private static void assertMessage(Path folder, String message) {
    assertThatThrownBy(() -> open(folder))
        .isInstanceOf(UserException.class)
        .hasMessageEndingWith(folder.getFileName() + message);
  }
}
