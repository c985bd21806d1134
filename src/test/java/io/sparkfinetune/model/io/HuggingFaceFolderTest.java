package io.sparkfinetune.model.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkfinetune.UserException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HuggingFaceFolderTest {
  private static final String TINY = "tiny-bert-classifier";

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
        open(Fixtures.path(TINY)).read(), Fixtures.hadoop(copy), new Configuration(false));
    for (String file : new String[] {"config.json", "model.safetensors", "tokenizer.json"}) {
      assertThat(copy.resolve(file)).hasSameBinaryContentAs(Fixtures.path(TINY).resolve(file));
    }
    ObjectNode written = Json.object(text(copy, "tokenizer_config.json"), "written");
    ObjectNode official =
        Json.object(text(Fixtures.path(TINY), "tokenizer_config.json"), "official");
    assertThat(written.size()).isEqualTo(10);
    written
        .fieldNames()
        .forEachRemaining(key -> assertThat(written.get(key)).as(key).isEqualTo(official.get(key)));
    assertThat(Json.object(text(copy, "special_tokens_map.json"), "written"))
        .isEqualTo(Json.object(text(Fixtures.path(TINY), "special_tokens_map.json"), "official"));
  }

  @Test
  void overwritesAnOlderModel() throws IOException {
    ModelFiles files = open(Fixtures.path(TINY)).read();
    Files.writeString(temporary.resolve("config.json"), "old and longer ".repeat(100));
    HuggingFaceFolder.write(files, Fixtures.hadoop(temporary), new Configuration(false));
    assertThat(open(temporary).config()).isEqualTo(files.config());
  }

  @Test
  void repeatsTheNormalisersSettingsForBertTokenizer() {
    ObjectNode tokenizer =
        Json.object(
            "{\"normalizer\": {\"type\": \"BertNormalizer\", \"lowercase\": false,"
                + " \"strip_accents\": true, \"handle_chinese_chars\": false},"
                + " \"added_tokens\": [{\"content\": \"[PAD]\"}]}",
            "tokenizer");
    assertThat(
            Json.object(
                TokenizerFiles.tokenizerConfig(tokenizer, Json.object("{}", "config")), "made"))
        .isEqualTo(
            Json.object(
                "{\"do_lower_case\": false, \"tokenize_chinese_chars\": false, \"strip_accents\":"
                    + " true, \"tokenizer_class\": \"BertTokenizer\", \"pad_token\": \"[PAD]\"}",
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
        ": no tokenizer: neither tokenizer.json nor vocab.txt is there. It has: config.json,"
            + " model.safetensors, special_tokens_map.json, tokenizer_config.json. Copy"
            + " tokenizer.json from where the checkpoint came from.");
  }

  @Test
  void saysHowToConvertAPickle() throws IOException {
    Path folder = Fixtures.copyWithout(TINY, temporary, "model.safetensors");
    Files.createFile(folder.resolve("pytorch_model.bin"));
    assertThatThrownBy(() -> open(folder))
        .isInstanceOf(UserException.class)
        .hasMessageContaining(
            ": the weights are in pytorch_model.bin, a Python pickle, which is not read. Convert it"
                + " once, in that folder: python -c \"import torch;");
  }

  @Test
  void saysThatShardsAreNotReadYet() throws IOException {
    Path folder = Fixtures.copyWithout(TINY, temporary, "model.safetensors");
    Files.createFile(folder.resolve("model.safetensors.index.json"));
    assertThatThrownBy(() -> open(folder))
        .isInstanceOf(UserException.class)
        .hasMessageContaining(
            ": the weights are sharded (model.safetensors.index.json), which is not read yet.");
  }

  @Test
  void namesAConfigurationThatIsNoJson() throws IOException {
    Path folder = Fixtures.copyWithout(TINY, temporary, "config.json");
    Files.writeString(folder.resolve("config.json"), "{\n\"hidden_size\": }");
    assertThatThrownBy(() -> open(folder))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("config.json: not JSON (line 2: Unexpected character");
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
