package org.sparkfinetune.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.sparkfinetune.MlflowVersion;
import org.sparkfinetune.TestGoldens;
import org.sparkfinetune.TestModels;
import org.sparkfinetune.model.ModelConfig;
import org.sparkfinetune.model.SequenceClassifier;
import org.sparkfinetune.model.encoder.Pooling;
import org.sparkfinetune.model.io.ModelProvenance;
import org.sparkfinetune.model.io.PretrainedModel;
import org.sparkfinetune.model.io.TensorSource;
import org.sparkfinetune.task.ProblemType;
import org.sparkfinetune.tokenize.Batch;
import org.sparkfinetune.tokenize.Encoding;
import org.sparkfinetune.tokenize.TextTokenizer;

/** What the export writes, in MLflow itself. */
@Tag("slow")
class MlflowExportTest {
  private static final Configuration HADOOP = new Configuration(false);
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Path SCRIPT =
      Path.of("src/test/resources/org/sparkfinetune/export/mlflow_models.py");

  /** What YAML would take for something else, or not at all. */
  private static final List<String> LABELS =
      List.of("no", "1e3", "null", "a: \"b\" # \\c", "two\nlines", "\u007f\u0085\ud83d\ude00 é");

  private static final List<String> TEXTS =
      IntStream.range(0, 20).mapToObj(i -> "the cat sat " + "on a mat, ".repeat(i)).toList();

  @TempDir static Path folder;

  /** The logits that each model computes for {@link #TEXTS}. */
  private static final Map<String, float[][]> EXPECTED = new HashMap<>();

  @BeforeAll
  static void export() throws IOException {
    String bert = PretrainedModel.open("minilm-l6", HADOOP).tokenizer();
    ProblemType sets = ProblemType.MULTI_LABEL_CLASSIFICATION;
    ModelConfig tiny = TestModels.tinyConfig(30522, LABELS, 0, sets, Pooling.MEAN);
    try (SequenceClassifier model = SequenceClassifier.fromScratch(tiny.withThreshold(0.25), 42)) {
      export("pairs", new ExportSource(model, bert, record(true)));
      // What a model of more than 1.9 GB is.
      OnnxExport.write(model, folder.resolve("pairs"), 0);
      assertThat(folder.resolve("pairs/model.onnx_data")).isNotEmptyFile();
    }
    TestGoldens golden = TestGoldens.of("roberta");
    ModelConfig roberta =
        ModelConfig.parse(Files.readString(golden.folder().resolve("config.json")));
    try (TensorSource weights = golden.tensors("model.safetensors");
        SequenceClassifier model = SequenceClassifier.fromPretrained(roberta, weights, 1)) {
      String tokenizer = TinyTokenizers.of("roberta", model.padTokenId());
      export("roberta", new ExportSource(model, tokenizer, record(false)));
    }
  }

  private static void export(String name, ExportSource source) throws IOException {
    Path model = folder.resolve(name);
    new MlflowExport().write(source, new org.apache.hadoop.fs.Path(model.toUri()), HADOOP);
    try (TextTokenizer tokenizer = TextTokenizer.of(source.tokenizer(), 30)) {
      List<Encoding> rows =
          source.provenance().pairs()
              ? tokenizer.encodePairs(TEXTS, TEXTS)
              : tokenizer.encode(TEXTS);
      Batch batch =
          Batch.of(
              rows.stream().map(Encoding::inputIds).toList(),
              rows.stream().mapToInt(Encoding::secondSegmentStart).toArray(),
              new int[rows.size()][0],
              source.classifier().padTokenId());
      EXPECTED.put(name, source.classifier().logits(batch));
      JSON.writeValue(model.resolve("requests.json").toFile(), requests(source, batch));
    }
  }

  private static ObjectNode requests(ExportSource source, Batch batch) {
    ObjectNode requests = JSON.createObjectNode();
    for (String name : InputExample.names(source)) {
      List<List<Long>> matrix = new ArrayList<>();
      for (int row = 0; row < batch.size(); row++) {
        List<Long> values = new ArrayList<>();
        for (int i = 0; i < batch.length(); i++) {
          int place = row * batch.length() + i;
          values.add(
              switch (name) {
                case "input_ids" -> batch.inputIds()[place];
                case "attention_mask" -> i < batch.lengths()[row] ? 1L : 0L;
                default -> batch.tokenTypeIds() == null ? 0L : batch.tokenTypeIds()[place];
              });
        }
        matrix.add(values);
      }
      requests.set(name, JSON.valueToTree(matrix));
    }
    return requests;
  }

  private static ModelProvenance record(boolean pairs) {
    return new ModelProvenance(
        "minilm-l6",
        "2025-01-02T03:04:05Z",
        Map.of("model.max_length", 30),
        Map.of(ModelProvenance.TEXT_PAIRS, pairs),
        Map.of(),
        Map.of());
  }

  @ParameterizedTest
  @EnumSource(MlflowVersion.class)
  void pyfuncPredictsWhatTheModelPredicts(MlflowVersion mlflow) throws Exception {
    Path result = folder.resolve(mlflow + ".json");
    mlflow.run(folder, SCRIPT.toAbsolutePath().toString(), folder.toString(), result.toString());

    // Whichever patch of Python the environment is of.
    JsonNode models =
        JSON.readTree(Files.readString(result).replaceAll("\\b3\\.11\\.\\d+\\b", "3.11"));
    assertThat(models.fieldNames()).toIterable().containsExactly("pairs", "roberta");
    models
        .fields()
        .forEachRemaining(
            model -> {
              JsonNode seen = model.getValue();
              assertClose(seen.get("logits"), EXPECTED.get(model.getKey()));
              assertThat(seen.get("example").size()).isEqualTo(2);
              assertThat(seen.get("wrong name").asText())
                  .contains("Model is missing inputs ['input_ids']", "extra inputs: ['ids']");
              assertThat(seen.get("wrong type").asText()).contains("int64", "float64");
            });
    assertMetadata(models.get("pairs").get("metadata"));
    assertThat(models.get("roberta").get("onnx inputs"))
        .hasToString("[\"input_ids\",\"attention_mask\"]");
    for (String model : List.of("pairs", "roberta")) {
      assertSameAsMlflows(models.get(model), mlflow);
    }
  }

  private static void assertMetadata(JsonNode metadata) {
    assertThat(metadata.get("labels")).isEqualTo(JSON.valueToTree(LABELS));
    assertThat(metadata.get("problem_type").asText()).isEqualTo("multi_label_classification");
    assertThat(metadata.get("max_length").asInt()).isEqualTo(30);
    assertThat(metadata.get("threshold").asDouble()).isEqualTo(0.25);
    assertThat(metadata.get("text_pairs").asBoolean()).isTrue();
  }

  /** Field by field; versions are those of MLflow's own environment where it has saved. */
  private static void assertSameAsMlflows(JsonNode model, MlflowVersion mlflow) throws IOException {
    JsonNode ours = model.get("ours");
    JsonNode mlflows = model.get("mlflows");
    ObjectNode mine = ours.get("MLmodel").deepCopy();
    ObjectNode theirs = mlflows.get("MLmodel").deepCopy();
    for (String once : List.of("model_uuid", "utc_time_created", "model_size_bytes")) {
      assertThat(mine.remove(once).getNodeType()).isEqualTo(theirs.remove(once).getNodeType());
    }
    assertThat(ours.get("MLmodel").get("utc_time_created").asText())
        .matches("\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d\\.\\d{6}");
    if (mlflow == MlflowVersion.V2) {
      // Of MLflow 3 alone, as is the version.
      assertThat(mine.remove("model_id").isNull()).isTrue();
      mine.set("mlflow_version", theirs.get("mlflow_version"));
    }
    for (ObjectNode file : List.of(mine, theirs)) {
      ObjectNode signature = (ObjectNode) file.get("signature");
      for (String schema : List.of("inputs", "outputs")) {
        signature.set(schema, JSON.readTree(signature.get(schema).textValue()));
      }
    }
    assertThat(mine).isEqualTo(theirs);
    assertThat(mlflows.get("files"))
        .filteredOn(file -> !file.asText().endsWith(".data"))
        .isSubsetOf(ours.get("files"));
    if (mlflow == MlflowVersion.V3) {
      assertThat(ours.get("requirements.txt")).isEqualTo(mlflows.get("requirements.txt"));
      assertThat(ours.get("conda.yaml").toString().replace("\"pip\",", ""))
          .isEqualTo(mlflows.get("conda.yaml").toString().replaceAll("\"pip<=[^\"]*\",", ""));
      assertThat(ours.get("python_env.yaml").get("python"))
          .isEqualTo(mlflows.get("python_env.yaml").get("python"));
    }
  }

  @ParameterizedTest
  @EnumSource(MlflowVersion.class)
  void modelsServeAnswersTheServingExample(MlflowVersion mlflow) throws Exception {
    Path model = folder.resolve("pairs");
    HttpClient client = HttpClient.newHttpClient();
    try (MlflowVersion.Serving serving = mlflow.serve(model, folder)) {
      HttpResponse<String> example =
          post(
              client, serving.uri(), Files.readString(model.resolve("serving_input_example.json")));
      assertThat(example.statusCode()).as(example.body()).isEqualTo(200);
      assertThat(JSON.readTree(example.body()).at("/predictions/logits").size()).isEqualTo(2);

      String ids = Files.readString(model.resolve("requests.json"));
      HttpResponse<String> texts = post(client, serving.uri(), "{\"inputs\": " + ids + "}");
      assertClose(JSON.readTree(texts.body()).at("/predictions/logits"), EXPECTED.get("pairs"));

      HttpResponse<String> wrong =
          post(client, serving.uri(), "{\"inputs\": " + ids.replace("input_ids", "ids") + "}");
      assertThat(wrong.statusCode()).isEqualTo(400);
      assertThat(wrong.body()).contains("Model is missing inputs ['input_ids']");
    }
  }

  private static HttpResponse<String> post(HttpClient client, URI uri, String json)
      throws IOException, InterruptedException {
    return client.send(
        HttpRequest.newBuilder(uri.resolve("/invocations"))
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(json))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private static void assertClose(JsonNode actual, float[][] expected) {
    assertThat(actual.size()).isEqualTo(expected.length);
    for (int row = 0; row < expected.length; row++) {
      assertThat(actual.get(row).size()).isEqualTo(expected[row].length);
      for (int label = 0; label < expected[row].length; label++) {
        assertThat(actual.get(row).get(label).asDouble())
            .isCloseTo(expected[row][label], within(OnnxExport.TOLERANCE));
      }
    }
  }
}
