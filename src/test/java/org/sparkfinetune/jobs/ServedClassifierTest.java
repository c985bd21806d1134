package org.sparkfinetune.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sparkfinetune.TestSpark;
import org.sparkfinetune.UserException;
import org.sparkfinetune.annotator.TransformerClassifierModel;
import org.sparkfinetune.config.Settings;
import org.sparkfinetune.console.Console;
import org.sparkfinetune.model.ModelConfig;
import org.sparkfinetune.model.io.ModelProvenance;
import org.sparkfinetune.model.io.SavedModel;
import org.sparkfinetune.pipeline.ClassifierPipeline;

/** A fine-tuned Hugging Face classifier is served without a training of ours. */
@Tag("slow")
class ServedClassifierTest {
  private static final Configuration HADOOP = new Configuration(false);
  private static final Path FIXTURES = Path.of("src/test/resources/org/sparkfinetune/model/io");

  @TempDir Path folder;
  private Path rows;

  @BeforeEach
  void writeRows() throws IOException {
    rows =
        Files.writeString(
            folder.resolve("rows.csv"),
            "text,other,label\nthe cat sat,on a mat,LABEL\nhello world,again,LABEL\n");
  }

  @Test
  void predictsWithEveryFormOfTheSameClassifier() throws Exception {
    List<Row> expected = predict(FIXTURES.resolve("tiny-bert-classifier"), "plain");
    assertThat(expected).hasSize(2).allSatisfy(row -> assertThat(row.isNullAt(0)).isFalse());

    Path onnx = copy("tiny-bert-classifier", "onnx");
    Files.delete(onnx.resolve("model.safetensors"));
    Files.copy(FIXTURES.resolve("tiny-bert-classifier.onnx"), onnx.resolve("model.onnx"));
    List<Row> ofOnnx = predict(onnx, "of-onnx");
    assertThat(labels(ofOnnx)).isEqualTo(labels(expected));

    for (String shards : List.of("sharded", "sharded-bin")) {
      Path folder = copy(shards, shards);
      Files.copy(
          FIXTURES.resolve("tiny-bert-classifier/tokenizer.json"),
          folder.resolve("tokenizer.json"));
      assertThat(predict(folder, "of-" + shards)).isEqualTo(expected);
    }

    SparkSession spark = TestSpark.session();
    Path run = folder.resolve("runs/first");
    ClassifierPipeline.load(spark, FIXTURES.resolve("tiny-bert-classifier").toString(), false)
        .save(run.resolve("model").toString());
    assertThat(predict(run, "of-run")).isEqualTo(expected);
    assertThat(predict(run.resolve("model"), "of-pipeline")).isEqualTo(expected);
  }

  /** Texts are cut where they were in training, which ONNX and its kin do not say. */
  @Test
  void anMlflowModelPredictsWhatItsPipelineDoes() throws Exception {
    Path run = folder.resolve("runs/short");
    ClassifierPipeline.load(
            TestSpark.session(), FIXTURES.resolve("tiny-bert-classifier").toString(), false)
        .save(run.resolve("model").toString());
    org.apache.hadoop.fs.Path saved =
        SavedModel.huggingFaceFolder(new org.apache.hadoop.fs.Path(run.toUri()), HADOOP)
            .orElseThrow();
    new ModelProvenance("b", "", Map.of("model.max_length", 4), Map.of(), Map.of(), Map.of())
        .write(saved, HADOOP);
    Path mlflow = folder.resolve("mlflow");

    run(new ExportJob(), "format=mlflow", "model=" + run, "output=" + mlflow);

    assertThat(mlflow).isDirectoryContaining("glob:**/MLmodel");
    assertThat(probabilities(mlflow, "of-mlflow"))
        .isEqualTo(probabilities(Path.of(saved.toUri()), "of-folder"));
    TransformerClassifierModel loaded =
        TransformerClassifierModel.loadSavedModel(mlflow.toString(), TestSpark.session());
    assertThat(loaded.getMaxLength()).isEqualTo(4);
  }

  @Test
  void evaluatesAndTakesPairsWhenTheRowsHaveThem() throws Exception {
    Path model = copy("tiny-bert-classifier", "pairs");
    String label =
        ModelConfig.parse(Files.readString(model.resolve("config.json"))).labels().get(0);
    Files.writeString(rows, Files.readString(rows).replace("LABEL", label));

    String printed =
        run(
            new EvaluateJob(),
            "model=" + model,
            "data.test=" + rows,
            "data.text_pair_column=other");

    assertThat(printed).contains("test_accuracy");
  }

  @Test
  void saysWhatIsNoClassifier() throws Exception {
    Path encoder = copy("tiny-bert-classifier", "encoder");
    Path config = encoder.resolve("config.json");
    Files.writeString(
        config,
        Files.readString(config)
            .replace("id2label", "labels")
            .replace("BertForSequenceClassification", "BertModel"));
    assertThatThrownBy(() -> predict(encoder, "out"))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith("model=" + encoder)
        .hasMessageContaining("config.json has no id2label: expected a fine-tuned classifier");
    assertThatThrownBy(() -> predict(folder.resolve("none"), "out"))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith("model=" + folder.resolve("none"));
  }

  private List<String> labels(List<Row> predicted) {
    return predicted.stream().map(row -> row.getString(0)).toList();
  }

  private List<Row> probabilities(Path model, String output) throws Exception {
    predict(model, output);
    return TestSpark.session()
        .read()
        .parquet(folder.resolve(output + ".parquet").toString())
        .orderBy("text")
        .select("probabilities")
        .collectAsList();
  }

  private List<Row> predict(Path model, String output) throws Exception {
    String path = folder.resolve(output + ".parquet").toString();
    run(new PredictJob(), "model=" + model, "data.input=" + rows, "output=" + path);
    return TestSpark.session()
        .read()
        .parquet(path)
        .orderBy("text")
        .select("prediction")
        .collectAsList();
  }

  private Path copy(String fixture, String name) throws IOException {
    Path copy = Files.createDirectory(folder.resolve(name));
    try (Stream<Path> files = Files.list(FIXTURES.resolve(fixture))) {
      for (Path file : files.toList()) {
        Files.copy(file, copy.resolve(file.getFileName()));
      }
    }
    return copy;
  }

  private static String run(Job job, String... settings) throws Exception {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    Settings config = ConfigLayers.read(job, List.of(), List.of(settings));
    job.run(config, TestSpark.session(), new Console(out, OptionalInt.empty()));
    return bytes.toString(StandardCharsets.UTF_8);
  }
}
