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
import java.util.Arrays;
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

  /** The probabilities that each model computes for {@link #TEXTS}. */
  private static final Map<String, List<double[]>> EXPECTED = new HashMap<>();

  private static final Map<String, List<String>> OF_LABELS = new HashMap<>();

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
      SequenceClassifier classifier = source.classifier();
      EXPECTED.put(
          name,
          Arrays.stream(classifier.logits(batch))
              .map(classifier.config().problemType().task()::probabilities)
              .toList());
      OF_LABELS.put(name, classifier.labels());
      boolean pairs = source.provenance().pairs();
      JSON.writeValue(
          model.resolve("requests.json").toFile(),
          Map.of(
              "columns",
              pairs ? List.of("text", "text_pair") : List.of("text"),
              "data",
              TEXTS.stream().map(text -> pairs ? List.of(text, text) : List.of(text)).toList()));
    }
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
              assertAnswers(model.getKey(), seen.get("answers"));
              assertThat(seen.get("example").size()).isEqualTo(2);
              JsonNode blank = seen.get("blank");
              JsonNode missing = seen.get("missing");
              assertThat(blank.get(1)).isEqualTo(missing.get(1));
              for (JsonNode none : List.of(blank.get(0), blank.get(2), missing.get(0))) {
                assertThat(none.get("probabilities").isEmpty()).isTrue();
                JsonNode answer = none.get(model.getKey().equals("pairs") ? "labels" : "label");
                assertThat(answer.isArray() ? answer.isEmpty() : answer.asText().isEmpty())
                    .isTrue();
                assertThat(none.path("score").asText("none")).isIn("none", "null");
              }
              assertThat(seen.get("wrong name").asText()).contains("Model is missing inputs");
              assertThat(seen.get("wrong type").asText()).contains("string");
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
      assertThat(JSON.readTree(example.body()).at("/predictions").size()).isEqualTo(2);

      String rows = Files.readString(model.resolve("requests.json"));
      HttpResponse<String> texts =
          post(client, serving.uri(), "{\"dataframe_split\": " + rows + "}");
      assertAnswers("pairs", JSON.readTree(texts.body()).at("/predictions"));

      HttpResponse<String> wrong =
          post(
              client,
              serving.uri(),
              "{\"dataframe_split\": " + rows.replace("text_pair", "other") + "}");
      assertThat(wrong.statusCode()).isEqualTo(400);
      assertThat(wrong.body()).contains("Model is missing inputs ['text_pair']");
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

  private static void assertAnswers(String model, JsonNode answers) {
    List<String> labels = OF_LABELS.get(model);
    assertThat(answers.size()).isEqualTo(TEXTS.size());
    for (int row = 0; row < answers.size(); row++) {
      double[] expected = EXPECTED.get(model).get(row);
      JsonNode answer = answers.get(row);
      JsonNode probabilities = answer.get("probabilities");
      assertThat(probabilities.fieldNames()).toIterable().containsExactlyElementsOf(labels);
      for (int label = 0; label < expected.length; label++) {
        assertThat(probabilities.get(labels.get(label)).asDouble())
            .isCloseTo(expected[label], within(OnnxExport.TOLERANCE));
      }
      if (model.equals("pairs")) {
        List<String> above =
            labels.stream().filter(label -> probabilities.get(label).asDouble() >= 0.25).toList();
        assertThat(answer.get("labels")).isEqualTo(JSON.valueToTree(above));
      } else {
        double score = answer.get("score").asDouble();
        assertThat(score)
            .isEqualTo(
                Arrays.stream(labels.toArray(String[]::new))
                    .mapToDouble(label -> probabilities.get(label).asDouble())
                    .max()
                    .orElseThrow());
        assertThat(probabilities.get(answer.get("label").asText()).asDouble()).isEqualTo(score);
      }
    }
  }
}
