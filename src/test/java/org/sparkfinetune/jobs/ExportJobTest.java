package org.sparkfinetune.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.johnsnowlabs.nlp.DocumentAssembler;
import com.johnsnowlabs.nlp.annotators.classifier.dl.BertForSequenceClassification;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.apache.spark.ml.Pipeline;
import org.apache.spark.ml.PipelineStage;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.sparkfinetune.TestModels;
import org.sparkfinetune.TestSpark;
import org.sparkfinetune.UserException;
import org.sparkfinetune.annotator.TransformerClassifierModel;
import org.sparkfinetune.config.Settings;
import org.sparkfinetune.console.Console;
import org.sparkfinetune.export.ExportFormat;
import org.sparkfinetune.model.ModelConfig;
import org.sparkfinetune.model.SequenceClassifier;
import org.sparkfinetune.model.encoder.Pooling;
import org.sparkfinetune.model.io.ModelFiles;
import org.sparkfinetune.model.io.ModelProvenance;
import org.sparkfinetune.model.io.PretrainedModel;
import org.sparkfinetune.model.io.SavedModel;
import org.sparkfinetune.model.io.TensorSource;
import org.sparkfinetune.task.ProblemType;

@Tag("slow")
class ExportJobTest {
  private static final Configuration HADOOP = new Configuration(false);

  private final SparkSession spark = TestSpark.session();

  @TempDir Path folder;

  @Test
  void exportsTheOutputFolderOfAJob() throws Exception {
    Path run = run(Pooling.CLS);

    String printed = export("huggingface", run, "out/hf");

    Path output = folder.resolve("out/hf");
    assertThat(output.toFile().list())
        .containsExactlyInAnyOrder(
            "README.md",
            "config.json",
            "model.safetensors",
            "special_tokens_map.json",
            "tokenizer.json",
            "tokenizer_config.json",
            "training.json");
    assertThat(folder.resolve("out")).isDirectoryNotContaining("glob:**/.*");
    assertThat(Files.readString(output.resolve("README.md")))
        .contains("| train | train.csv |", "| test_accuracy | 0.875 |", "| x | y |");
    assertThat(printed)
        .contains("Exported a bert classifier of 3 labels and ")
        .contains("model.safetensors")
        .contains("To try it:\n  python -c \"from transformers import pipeline;");
    assertSameLogits(run, output);
  }

  @Test
  void exportsWhateverHoldsAModel() throws Exception {
    Path run = run(Pooling.MEAN);
    Path stage =
        Path.of(
            SavedModel.huggingFaceFolder(new org.apache.hadoop.fs.Path(run.toUri()), HADOOP)
                .orElseThrow()
                .toUri()
                .getPath());
    int n = 0;
    for (Path model : List.of(run, run.resolve("model"), stage.getParent(), stage)) {
      Files.createDirectories(folder.resolve("onnx" + n));
      String printed = export("onnx", model, "onnx" + n);
      assertThat(folder.resolve("onnx" + n++)).isDirectoryContaining("glob:**/model.onnx");
      assertThat(printed)
          .containsPattern(
              "ONNX Runtime's logits differ from the model's by at most \\d.\\de-\\d+");
    }
  }

  @Test
  void leavesNothingBehindWhenTheFormatCannotExpressTheModel() throws Exception {
    Path run = run(Pooling.MEAN);

    assertThatThrownBy(() -> export("huggingface", run, "new/and/out"))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith("format=huggingface is not possible: the model pools by the mean");
    try (Stream<Path> left = Files.list(folder)) {
      assertThat(left).containsExactly(run);
    }
  }

  /** What transformers leaves to its defaults: the problem type, two labels of its own names. */
  @Test
  void completesTheConfigurationOfAForeignFolder() throws Exception {
    ObjectMapper mapper = new ObjectMapper();
    Path foreign = folder.resolve("foreign");
    export("huggingface", run(Pooling.CLS, List.of("a", "b")), "foreign");
    ObjectNode config = (ObjectNode) mapper.readTree(foreign.resolve("config.json").toFile());
    config.remove(List.of("problem_type", "id2label", "label2id"));
    config.put("torch_dtype", "float16").putObject("auto_map");
    mapper.writeValue(foreign.resolve("config.json").toFile(), config);

    for (String format : List.of("huggingface", "onnx")) {
      export(format, foreign, "whole-" + format);

      JsonNode whole =
          mapper.readTree(folder.resolve("whole-" + format).resolve("config.json").toFile());
      assertThat(whole.path("problem_type").asText()).isEqualTo("single_label_classification");
      assertThat(whole.path("id2label")).hasToString("{\"0\":\"LABEL_0\",\"1\":\"LABEL_1\"}");
      assertThat(whole.path("label2id")).hasToString("{\"LABEL_0\":0,\"LABEL_1\":1}");
      assertThat(whole.path("torch_dtype").asText()).isEqualTo("float32");
      assertThat(whole.has("auto_map")).isFalse();
    }
  }

  @Test
  void aModelOfPairsIsNotForSparkNlp() throws Exception {
    Path run = run(Pooling.CLS);
    record(run, Map.of(ModelProvenance.TEXT_PAIRS, true));

    assertThatThrownBy(() -> export("sparknlp", run, "out"))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "format=sparknlp is not possible: the model was trained on pairs of texts, and Spark"
                + " NLP's sequence classifiers take one text. Export with format=onnx or"
                + " huggingface");
  }

  @Test
  void figuresOfARunAreThoseOfItsOwnModel() throws Exception {
    Path run = run(Pooling.CLS);
    Path other = folder.resolve("other");
    run(Pooling.CLS, List.of("a", "b"), other);
    Files.move(other.resolve("model"), run.resolve("another"));

    export("huggingface", run.resolve("another"), "out");

    assertThat(Files.readString(folder.resolve("out/README.md")))
        .contains("| x | y |")
        .doesNotContain("test_accuracy", "train.csv");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "file(\"PATH\")",
        "url(\"file:PATH\")",
        "classpath(\"reference.conf\")",
        "\"PATH\""
      })
  void nothingIsIncludedFromElsewhere(String include) throws Exception {
    Path run = run(Pooling.CLS);
    Path secret = Files.writeString(folder.resolve("secret.conf"), "data.train = secret");
    Files.writeString(
        run.resolve("config.conf"), "include " + include.replace("PATH", secret.toString()));

    assertThatThrownBy(() -> export("huggingface", run, "out"))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("config.conf: it includes '")
        .hasMessageEndingWith("', as no job writes it; nothing is included here");
  }

  /** A file system of another scheme over local files. */
  public static final class Remote extends RawLocalFileSystem {
    @Override
    public URI getUri() {
      return URI.create("remote:///");
    }
  }

  @ParameterizedTest
  @EnumSource(ExportFormat.class)
  void writesToARemoteFileSystemWhatOpensAsABase(ExportFormat format) throws Exception {
    Path run = run(Pooling.CLS);
    Configuration ofSpark = spark.sparkContext().hadoopConfiguration();
    ofSpark.set("fs.remote.impl", Remote.class.getName());
    try {
      export(format.name().toLowerCase(Locale.ROOT), run, "remote://" + folder + "/a/b");
    } finally {
      ofSpark.unset("fs.remote.impl");
    }
    PretrainedModel base = PretrainedModel.open(folder.resolve("a/b").toString(), HADOOP);
    try (SequenceClassifier before = open(run);
        TensorSource weights = base.openWeights();
        SequenceClassifier after =
            SequenceClassifier.load(ModelConfig.parse(base.config()), weights)) {
      assertSameWeights(before, after);
      assertThat(base.tokenizer()).isEqualTo(TestModels.tiny().tokenizer());
    }
    if (format == ExportFormat.SPARKNLP) {
      BertForSequenceClassification.load(folder.resolve("a/b").toString());
    }
  }

  @Test
  void overwritesNothing() throws Exception {
    Path run = run(Pooling.CLS);
    Files.createDirectories(folder.resolve("out"));
    Files.writeString(folder.resolve("out/mine.txt"), "mine");

    assertThatThrownBy(() -> export("huggingface", run, "out"))
        .isInstanceOf(UserException.class)
        .hasMessage("output=" + folder.resolve("out") + " is not empty: choose another");
    assertThatThrownBy(() -> export("huggingface", run, "out/mine.txt"))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "output=" + folder.resolve("out/mine.txt") + " is a file: expected a folder to write");
    assertThat(folder.resolve("out/mine.txt")).hasContent("mine");
  }

  @Test
  void saysWhatIsNoModel() throws Exception {
    assertThatThrownBy(() -> export("onnx", folder.resolve("none"), "out"))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "model="
                + folder.resolve("none")
                + ": there is no such folder; expected the output of fine-tune, or a Hugging Face"
                + " folder");
    assertThatThrownBy(() -> export("onnx", Path.of("org:name"), "out"))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith("model=org:name: this is no path that can be opened");
    Path run = run(Pooling.CLS);
    assertThatThrownBy(() -> export("onnx", run, "gs://b/x"))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith("output=gs://b/x: Spark has no file system for gs://. ");
    Path bare = Files.createDirectories(folder.resolve("bare"));
    Path fixture = Path.of("src/test/resources/org/sparkfinetune/model/io/tiny-bert-classifier");
    for (String file : List.of("model.safetensors", "tokenizer.json")) {
      Files.copy(fixture.resolve(file), bare.resolve(file));
    }
    Files.writeString(
        bare.resolve("config.json"),
        Files.readString(fixture.resolve("config.json"))
            .replace("id2label", "labels")
            .replace("BertForSequenceClassification", "BertModel"));
    assertThatThrownBy(() -> export("onnx", bare, "out"))
        .isInstanceOf(UserException.class)
        .hasMessageEndingWith(
            "bare: config.json has no id2label: expected a fine-tuned classifier, as jobs/fine-tune"
                + " writes it");
  }

  /** What fine-tune writes, of a tiny random model. */
  private Path run(Pooling pooling) throws IOException {
    return run(pooling, List.of("card", "loan", "transfer"));
  }

  private Path run(Pooling pooling, List<String> labels) throws IOException {
    return run(pooling, labels, folder.resolve("run"));
  }

  private Path run(Pooling pooling, List<String> labels, Path run) throws IOException {
    DocumentAssembler documents = new DocumentAssembler();
    documents.setInputCol("text");
    documents.setOutputCol("document");
    TransformerClassifierModel classifier = TransformerClassifierModel.of(files(pooling, labels));
    classifier.setInputCols(new String[] {"document"}).setOutputCol("category");
    new Pipeline()
        .setStages(new PipelineStage[] {documents, classifier})
        .fit(
            spark.createDataFrame(
                List.of(RowFactory.create("a text")),
                new StructType().add("text", DataTypes.StringType)))
        .save(run.resolve("model").toString());
    record(run, Map.of());
    Files.writeString(run.resolve("config.conf"), "data { train = \"s3a://rows/train.csv\" }");
    Files.writeString(run.resolve("metrics.json"), "{\"test_accuracy\": 0.875, \"bad\": null}");
    return run;
  }

  private static void record(Path run, Map<String, Object> data) throws IOException {
    new ModelProvenance("a/base", "2025", Map.of("x", "y"), data, Map.of(), Map.of())
        .write(
            SavedModel.huggingFaceFolder(new org.apache.hadoop.fs.Path(run.toUri()), HADOOP)
                .orElseThrow(),
            HADOOP);
  }

  private static ModelFiles files(Pooling pooling, List<String> labels) {
    ModelConfig config =
        TestModels.tinyConfig(30522, 3)
            .withHead(labels, pooling, ProblemType.SINGLE_LABEL_CLASSIFICATION);
    try (SequenceClassifier model = SequenceClassifier.fromScratch(config, 42)) {
      return model.toFiles(PretrainedModel.open("minilm-l6", HADOOP).tokenizer());
    }
  }

  private String export(String format, Path model, String output) throws Exception {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    Job job = new ExportJob();
    Settings config =
        ConfigLayers.read(
            job,
            List.of(),
            List.of(
                "format=" + format,
                "model=" + model,
                "output=" + (output.contains(":") ? output : folder.resolve(output))));
    job.run(config, spark, new Console(out, OptionalInt.empty()));
    return bytes.toString(StandardCharsets.UTF_8);
  }

  private static void assertSameLogits(Path run, Path exported) throws IOException {
    try (var before = open(run);
        var after = open(exported)) {
      assertSameWeights(before, after);
    }
  }

  private static void assertSameWeights(SequenceClassifier before, SequenceClassifier after) {
    assertThat(after.labels()).isEqualTo(before.labels());
    before
        .parameters()
        .tensors()
        .forEach(
            (name, tensor) ->
                assertThat(tensor.equal(after.parameters().tensors().get(name))).as(name).isTrue());
  }

  private static SequenceClassifier open(Path path) throws IOException {
    return org.sparkfinetune.export.ExportSource.open(
            new org.apache.hadoop.fs.Path(path.toUri()), HADOOP)
        .classifier();
  }
}
