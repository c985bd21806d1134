package io.sparkfinetune.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.sparkfinetune.TestModels;
import io.sparkfinetune.UserException;
import io.sparkfinetune.model.ModelConfig;
import io.sparkfinetune.model.Pooling;
import io.sparkfinetune.model.ProblemType;
import io.sparkfinetune.model.SequenceClassifier;
import io.sparkfinetune.model.io.TrainingRecord;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HuggingFaceExportTest {
  private static final Configuration HADOOP = new Configuration(false);
  private static final String TOKENIZER = "{\"added_tokens\": [{\"content\": \"[PAD]\"}]}";

  @TempDir Path folder;

  private String export(Pooling pooling, TrainingRecord training) throws IOException {
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
        base.withHead(
            List.of("yes", "no: \"maybe\"", "`x`"),
            pooling,
            ProblemType.SINGLE_LABEL_CLASSIFICATION);
    try (SequenceClassifier model = SequenceClassifier.fromScratch(config, 1)) {
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
    export(Pooling.CLS, TrainingRecord.empty());

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
    TrainingRecord training =
        new TrainingRecord(
            "minilm-l6",
            "2025-01-02T03:04:05Z",
            Map.of("training.learning_rate", 2e-4),
            Map.of("test", "s3a://rows/test.csv"),
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
        .contains("| test | s3a://rows/test.csv |")
        .contains("| test_accuracy | 0.9375 |")
        .contains("| train_loss | NaN |")
        .contains("| training finished | 2025-01-02T03:04:05Z |")
        .contains("| libtorch | 2.10.0 |");
    assertThat(folder.resolve("training.json")).exists();
  }

  @Test
  void theCardOfAModelWithoutARecordMakesNothingUp() throws IOException {
    String card = export(Pooling.CLS, TrainingRecord.empty());

    assertThat(card)
        .contains("## Use", "## Labels")
        .doesNotContain("## Metrics", "## Provenance", "base_model", "model-index", "fine-tuned");
  }

  @Test
  void aPoolingThatTransformersDoesNotKnowIsRefused() {
    assertThatThrownBy(() -> export(Pooling.MEAN, TrainingRecord.empty()))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "format=huggingface is not possible: the model pools by the mean, which"
                + " BertForSequenceClassification of transformers cannot: it would load the weights"
                + " and predict something else. Export with format=onnx, which keeps any pooling,"
                + " or fine-tune with model.pooling=cls");
    assertThat(folder).isEmptyDirectory();
  }
}
