package org.sparkfinetune.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sparkfinetune.TestModels;
import org.sparkfinetune.UserException;
import org.sparkfinetune.model.ModelConfig;
import org.sparkfinetune.model.SequenceClassifier;
import org.sparkfinetune.model.encoder.Pooling;
import org.sparkfinetune.model.io.AdapterFiles;
import org.sparkfinetune.model.io.ModelProvenance;
import org.sparkfinetune.task.ProblemType;

class HuggingFaceExportTest {
  private static final Configuration HADOOP = new Configuration(false);
  private static final ProblemType SINGLE = ProblemType.SINGLE_LABEL_CLASSIFICATION;
  private static final String TOKENIZER = "{\"added_tokens\": [{\"content\": \"[PAD]\"}]}";

  @TempDir Path folder;

  private String export(Pooling pooling, ModelProvenance training) throws IOException {
    return export(pooling, training, SINGLE, config -> config);
  }

  private String export(
      Pooling pooling,
      ModelProvenance training,
      ProblemType problemType,
      UnaryOperator<ModelConfig> change)
      throws IOException {
    ModelConfig base =
        ModelConfig.parse(
            TestModels.tinyConfig(50, 4)
                .toJson()
                .replaceFirst(
                    "\\{",
                    "{\"_name_or_path\": \"/home/me/bert\", \"auto_map\": {\"AutoModel\": \"a.B\"},"
                        + " \"dtype\": \"bfloat16\", \"quantization_config\": {},")
                .replace("float32", "float16"));
    ModelConfig config =
        base.withHead(List.of("yes", "no: \"maybe\"", "`x`"), pooling, problemType);
    try (SequenceClassifier model = SequenceClassifier.fromScratch(change.apply(config), 1)) {
      new HuggingFaceExport()
          .write(
              new ExportSource(model, TOKENIZER, training),
              new org.apache.hadoop.fs.Path(folder.toUri()),
              HADOOP);
    }
    return Files.readString(folder.resolve("README.md"));
  }

  @Test
  void theConfigurationHasWhatTransformersNeedsAndNothingOfTheBasesOwn() throws IOException {
    export(Pooling.CLS, ModelProvenance.empty());

    JsonNode config = new ObjectMapper().readTree(folder.resolve("config.json").toFile());
    assertThat(config.get("torch_dtype").textValue()).isEqualTo("float32");
    assertThat(config.get("architectures")).hasToString("[\"BertForSequenceClassification\"]");
    assertThat(config.get("problem_type").textValue()).isEqualTo("single_label_classification");
    assertThat(config.get("id2label").get("1").textValue()).isEqualTo("no: \"maybe\"");
    assertThat(config.get("label2id").get("`x`").intValue()).isEqualTo(2);
    assertThat(config.fieldNames())
        .toIterable()
        .doesNotContain("_name_or_path", "auto_map", "dtype", "quantization_config");
    assertThat(
            Files.readString(
                folder.resolve("model.safetensors"), java.nio.charset.StandardCharsets.ISO_8859_1))
        .contains("\"__metadata__\":{\"format\":\"pt\"}");
    assertThat(folder.resolve("training.json")).doesNotExist();
  }

  @Test
  void theCardSaysWhatIsKnown() throws IOException {
    ModelProvenance training =
        new ModelProvenance(
            "minilm-l6",
            "2025-01-02T03:04:05Z",
            Map.of(
                "training.learning_rate",
                2e-4,
                "model.base",
                "/home/me/my-bert/",
                "training.checkpoint_dir",
                "hdfs:///home/me/run/checkpoints"),
            Map.of("test", "s3a://rows/test.csv", "train", "/home/me/train.csv"),
            Map.of("test_accuracy", 0.93751, "train_loss", Double.NaN),
            Map.of("libtorch", "2.10.0"));

    String card = export(Pooling.CLS, training);

    assertThat(card)
        .startsWith(
            """
            ---
            library_name: transformers
            pipeline_tag: text-classification
            base_model: "sentence-transformers/all-MiniLM-L6-v2"
            tags:
            - bert
            - text-classification
            metrics:
            - accuracy
            model-index:
            - name: "bert text classifier"
              results:
              - task:
                  type: text-classification
                dataset:
                  name: "test.csv"
                  type: text
                  split: test
                metrics:
                - type: accuracy
                  value: 0.93751
            ---
            """)
        .contains("`yes`, `no: \"maybe\"`, `` `x` ``")
        .contains("| training.learning_rate | 0.0002 |")
        .contains("| test | test.csv |", "| train | train.csv |", "| model.base | my-bert |")
        .doesNotContain("/home/me", "s3a://")
        .contains("| test_accuracy | 0.9375 |")
        .contains("| train_loss | NaN |")
        .contains("| training finished | 2025-01-02T03:04:05Z |")
        .contains("| libtorch | 2.10.0 |");
    assertThat(folder.resolve("training.json"))
        .content()
        .contains("\"my-bert\"", "\"test.csv\"", "\"train.csv\"", "\"minilm-l6\"")
        .doesNotContain("/home/me", "s3a://", "hdfs://");
  }

  @Test
  void theCardOfAModelOfPairsAndSetsOfLabelsSaysHowToUseIt() throws IOException {
    ModelProvenance training =
        new ModelProvenance(
            "/home/me/my-bert",
            "",
            Map.of(),
            Map.of(ModelProvenance.TEXT_PAIRS, true),
            Map.of("test_f1_micro", 0.75, "test_f1_macro", 0.5, "test_accuracy", 0.25),
            Map.of());

    String card =
        export(
            Pooling.CLS,
            training,
            ProblemType.MULTI_LABEL_CLASSIFICATION,
            config -> config.withThreshold(0.3));

    assertThat(card)
        .contains(
            """
                metrics:
                - type: accuracy
                  value: 0.25
                - type: f1_micro
                  value: 0.75
                - type: f1_macro
                  value: 0.5
            """)
        .contains("A `bert` encoder, fine-tuned from `my-bert`, of pairs of texts, for sets of")
        .contains("print(classify({\"text\": \"a text\", \"text_pair\": \"another\"}))")
        .contains("predict those of at least 0.3.")
        .doesNotContain("/home/me", "base_model");
  }

  private void export(AdapterFiles adapter) throws IOException {
    try (SequenceClassifier model =
        SequenceClassifier.fromScratch(
            TestModels.tinyConfig(50, List.of("a", "b"), 0, SINGLE, Pooling.CLS), 1)) {
      new HuggingFaceExport()
          .write(
              new ExportSource(model, TOKENIZER, ModelProvenance.empty(), Optional.of(adapter)),
              new org.apache.hadoop.fs.Path(folder.toUri()),
              HADOOP);
    }
  }

  @Test
  void anAdapterThatIsKeptGoesWithTheModel() throws IOException {
    AdapterFiles adapter =
        AdapterFiles.of(
            "{\"base_model_name_or_path\": \"sentence-transformers/all-MiniLM-L6-v2\"}", Map.of());
    export(adapter);
    assertThat(folder.resolve("adapter/adapter_config.json")).hasContent(adapter.config());
    assertThat(folder.resolve("adapter/adapter_model.safetensors")).isNotEmptyFile();
  }

  @Test
  void anAdapterTellsNoFoldersOfItsBase() throws IOException {
    AdapterFiles adapter =
        AdapterFiles.of("{\"base_model_name_or_path\": \"/home/me/my-bert\", \"r\": 2}", Map.of());
    export(adapter);
    JsonNode config =
        new ObjectMapper().readTree(folder.resolve("adapter/adapter_config.json").toFile());
    assertThat(config.get("base_model_name_or_path").textValue()).isEqualTo("my-bert");
    assertThat(config.get("r").intValue()).isEqualTo(2);
  }

  @Test
  void theCardOfAModelWithoutARecordMakesNothingUp() throws IOException {
    String card = export(Pooling.CLS, ModelProvenance.empty());

    assertThat(card)
        .contains("## Use", "## Labels")
        .doesNotContain("## Metrics", "## Provenance", "base_model", "model-index", "fine-tuned");
  }

  @Test
  void aPoolingThatTransformersDoesNotKnowIsRefused() {
    assertThatThrownBy(() -> export(Pooling.MEAN, ModelProvenance.empty()))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "format=huggingface is not possible: the model pools by the mean, which"
                + " BertForSequenceClassification of transformers cannot: it would load the weights"
                + " and predict something else. Export with format=onnx, which keeps any pooling,"
                + " or fine-tune with model.pooling=cls");
    assertThat(folder).isEmptyDirectory();
  }
}
