package org.sparkfinetune.model.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sparkfinetune.UserException;

class PretrainedModelTest {
  private static final Configuration HADOOP = new Configuration(false);

  @TempDir private Path temporary;

  @Test
  void opensTheEmbeddedMiniLm() {
    PretrainedModel pretrained = PretrainedModel.open("minilm-l6", HADOOP);
    assertThat(pretrained.name()).isEqualTo("minilm-l6");
    ObjectNode config = Json.object(pretrained.config(), "config");
    assertThat(config.get("classifier_pooling").textValue()).isEqualTo("mean");
    assertThat(config.get("num_attention_heads").intValue()).isEqualTo(12);
    assertThat(Json.object(pretrained.tokenizer(), "tokenizer").at("/model/vocab/hello").intValue())
        .isEqualTo(7592);
    try (TensorSource weights = pretrained.openWeights()) {
      assertThat(weights.name()).isEqualTo("minilm-l6");
      assertThat(weights.tensors()).hasSize(101).doesNotContainKey("classifier.weight");
    }
  }

  @Test
  void opensAHuggingFaceFolder() throws IOException {
    Path folder = Fixtures.path("tiny-bert-classifier");
    PretrainedModel pretrained = PretrainedModel.open(folder.toString(), HADOOP);
    assertThat(pretrained.name()).isEqualTo(folder.toString());
    assertThat(pretrained.config()).isEqualTo(Files.readString(folder.resolve("config.json")));
    assertThat(pretrained.tokenizer())
        .isEqualTo(Files.readString(folder.resolve("tokenizer.json")));
    try (TensorSource weights = pretrained.openWeights()) {
      assertThat(weights.tensors()).containsKey("classifier.weight");
    }
  }

  @Test
  void opensAnOnnxFileAndMakesItsConfiguration() throws IOException {
    Path file = onnx("tokenizer.json");
    PretrainedModel pretrained = PretrainedModel.open(file.toUri().toString(), HADOOP);
    assertThat(Json.object(pretrained.config(), "config").get("hidden_size").intValue())
        .isEqualTo(12);
    try (TensorSource weights = pretrained.openWeights()) {
      assertThat(weights.tensors()).containsKey("bert.embeddings.word_embeddings.weight");
    }
  }

  @Test
  void aConfigurationBesideTheOnnxFileWins() throws IOException {
    Path file = onnx("tokenizer.json", "config.json");
    assertThat(PretrainedModel.open(file.toString(), HADOOP).config())
        .isEqualTo(Files.readString(Fixtures.path("tiny-bert-classifier/config.json")));
  }

  @Test
  void takesTheOtherFilesOfOptimumsOnnxFolderFromTheFolderAbove() throws IOException {
    Path file = onnx("tokenizer.json", "config.json");
    Path below = Files.createDirectory(temporary.resolve("onnx")).resolve("model.onnx");
    Files.move(file, below);
    assertThat(PretrainedModel.open(below.toString(), HADOOP).config())
        .isEqualTo(Files.readString(Fixtures.path("tiny-bert-classifier/config.json")));
  }

  @Test
  void namesTheMissingTokenizerOfAnOnnxFile() throws IOException {
    Path file = onnx("config.json");
    assertThatThrownBy(() -> PretrainedModel.open(file.toString(), HADOOP))
        .isInstanceOf(UserException.class)
        .hasMessageEndingWith(
            ": no tokenizer: none of tokenizer.json, vocab.txt and vocab.json with merges.txt is"
                + " there. It has: config.json, model.onnx. Copy tokenizer.json from where the"
                + " model came from.");
  }

  @Test
  void listsTheKnownNamesForAnUnknownOne() {
    assertThatThrownBy(() -> PretrainedModel.open("minilm-16", HADOOP))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "There is no pretrained model 'minilm-16': neither a file or folder of this path, nor a known"
                + " name. Known are: minilm-l6; the nearest is minilm-l6. A model of the Hugging"
                + " Face hub is named with its owner, as google-bert/bert-base-uncased, or hf://NAME.");
  }

  @Test
  void namesWhatIsWrongWithAPath() {
    assertThatThrownBy(() -> PretrainedModel.open("gs://bucket/bert", HADOOP))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith(
            "pretrained model 'gs://bucket/bert': Spark has no file system for gs://. ");
    assertThatThrownBy(() -> PretrainedModel.open("org:name", HADOOP))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith("pretrained model 'org:name': this is no path that can be opened");
    assertThatThrownBy(() -> PretrainedModel.open("", HADOOP))
        .isInstanceOf(UserException.class)
        .hasMessage("pretrained model '' is empty: expected a path");
  }

  @Test
  void theNameForStrangersTellsNoFolders() {
    assertThat(ModelNames.publicName("minilm-l6"))
        .isEqualTo("sentence-transformers/all-MiniLM-L6-v2");
    assertThat(ModelNames.publicName("sentence-transformers/all-MiniLM-L6-v2"))
        .isEqualTo("sentence-transformers/all-MiniLM-L6-v2");
    assertThat(ModelNames.publicName("s3a://secret/models/my-bert/")).isEqualTo("my-bert");
    assertThat(ModelNames.publicName("models:/intents/3")).isEqualTo("models:/intents/3");
  }

  @Test
  void refusesAFileOfAnotherKind() {
    String file = Fixtures.path("tiny-bert-classifier/model.safetensors").toString();
    assertThatThrownBy(() -> PretrainedModel.open(file, HADOOP))
        .isInstanceOf(UserException.class)
        .hasMessage(
            file
                + ": neither a folder nor an .onnx file. Give the folder that holds config.json,"
                + " model.safetensors and tokenizer.json.");
  }

  @Test
  void aFolderNeedsNoWeightsWhenNobodyReadsThem() throws IOException {
    Path folder = Fixtures.copyWithout("tiny-bert-classifier", temporary, "model.safetensors");
    assertThat(PretrainedModel.open(folder.toString(), HADOOP, false).config())
        .contains("\"bert\"");
    assertThatThrownBy(() -> PretrainedModel.open(folder.toString(), HADOOP))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("no weights (model.safetensors)");
  }

  @Test
  void namesAFolderWithoutConfiguration() {
    assertThatThrownBy(() -> PretrainedModel.open(temporary.toString(), HADOOP))
        .isInstanceOf(UserException.class)
        .hasMessageContaining(": no config.json in this folder. It has: nothing. Expected");
    assertThatThrownBy(() -> PretrainedModel.open(temporary.toString(), HADOOP, false))
        .isInstanceOf(UserException.class)
        .hasMessageContaining(": no config.json in this folder. It has: nothing. Expected");
  }

  private Path onnx(String... beside) throws IOException {
    for (String file : beside) {
      Files.copy(Fixtures.path("tiny-bert-classifier").resolve(file), temporary.resolve(file));
    }
    return Files.copy(Fixtures.path("tiny-bert-classifier.onnx"), temporary.resolve("model.onnx"));
  }
}
