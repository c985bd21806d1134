package org.sparkfinetune.model.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.sparkfinetune.UserException;

class MlflowModelTest {
  private static final Configuration HADOOP = new Configuration(false);
  private static final Path CLASSIFIER = Fixtures.path("tiny-bert-classifier");

  /** As MLflow 3.17.2 writes it, shortened. */
  private static final String TRANSFORMERS =
      """
      flavors:
        python_function:
          env:
            conda: conda.yaml
          loader_module: mlflow.transformers
        transformers:
          components:
          - tokenizer
          model_binary: model
          task: text-classification
      mlflow_version: 3.17.2
      """;

  @TempDir private Path folder;

  @BeforeEach
  void mlmodel() throws IOException {
    Files.writeString(folder.resolve("MLmodel"), TRANSFORMERS);
  }

  @ParameterizedTest
  @CsvSource({"model, components/tokenizer", "model, model", "pipeline, pipeline", ".,."})
  void opensAHuggingFaceModelWhereMlflowPutsIt(String model, String tokenizer) throws IOException {
    copy("config.json", model);
    copy("model.safetensors", model);
    copy("tokenizer.json", tokenizer);

    PretrainedModel pretrained = PretrainedModel.open(folder.toString(), HADOOP);

    assertThat(pretrained.config()).isEqualTo(Files.readString(CLASSIFIER.resolve("config.json")));
    assertThat(pretrained.tokenizer())
        .isEqualTo(Files.readString(CLASSIFIER.resolve("tokenizer.json")));
    assertThat(pretrained.provenance()).isEqualTo(ModelProvenance.empty());
    try (TensorSource weights = pretrained.openWeights()) {
      assertThat(weights.tensors()).containsKey("classifier.weight");
    }
  }

  @Test
  void saysWhatAModelOfAnotherFlavorIs() throws IOException {
    Files.writeString(folder.resolve("MLmodel"), TRANSFORMERS.replace("transformers:", "sklearn:"));
    Files.writeString(folder.resolve("model.pkl"), "");

    assertThatThrownBy(() -> PretrainedModel.open(folder.toString(), HADOOP))
        .isInstanceOf(UserException.class)
        .hasMessage(
            folder
                + ": an MLflow model of flavor python_function, sklearn without the files of a"
                + " Hugging Face model. It has: MLmodel, model.pkl. Expected an MLflow model as"
                + " jobs/export format=mlflow writes it, or one of flavor transformers that holds"
                + " its weights.");
  }

  @Test
  void weightsWithoutTheirAdapterAreNoModel() throws IOException {
    copy("config.json", "model");
    Files.createDirectory(folder.resolve("peft"));

    assertThatThrownBy(() -> PretrainedModel.open(folder.toString(), HADOOP))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("whose weights are without its adapter, which lies in peft");
  }

  /** What another reader of YAML would run, fill memory with, or follow out of the folder. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "!!javax.script.ScriptEngineManager [!!java.net.URLClassLoader [[!!java.net.URL ['X']]]]",
        "a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nflavors: [*c, *c, *c]",
        "flavors:\n  transformers: {model_binary: ../outside}\n  onnx: {data: /etc/passwd}",
        "flavors:\n  ../../x\u001b[31m: 1\n  transformers:\n",
        "\u0000\uffff",
        ""
      })
  void nothingInTheFileReachesAnything(String text) throws IOException {
    Path model = Files.createDirectory(folder.resolve("within"));
    Path outside = Files.createDirectory(folder.resolve("outside"));
    Files.copy(CLASSIFIER.resolve("config.json"), outside.resolve("config.json"));
    Files.writeString(model.resolve("MLmodel"), text);

    assertThatThrownBy(() -> PretrainedModel.open(model.toString(), HADOOP))
        .isInstanceOf(UserException.class)
        .hasMessageMatching(
            ".*within: an MLflow model (of flavor [a-z, ]+ )?without the files of a Hugging Face"
                + " model\\. It has: MLmodel\\. Expected .*");

    for (String file : List.of("config.json", "model.safetensors", "tokenizer.json")) {
      copy(file, "within");
    }
    assertThat(PretrainedModel.open(model.toString(), HADOOP).config()).contains("bert");
  }

  @Test
  void aLongFileIsNotRead() throws IOException {
    Files.writeString(folder.resolve("MLmodel"), " ".repeat(1 << 16) + "\nflavors:\n  late: 1\n");

    assertThatThrownBy(() -> PretrainedModel.open(folder.toString(), HADOOP))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("an MLflow model without the files");
  }

  private void copy(String file, String to) throws IOException {
    Path target = Files.createDirectories(folder.resolve(to));
    Files.copy(CLASSIFIER.resolve(file), target.resolve(file));
  }
}
