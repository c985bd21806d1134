package org.sparkfinetune.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.johnsnowlabs.nlp.IAnnotation;
import com.johnsnowlabs.nlp.JavaAnnotation;
import com.johnsnowlabs.nlp.LightPipeline;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.spark.ml.PipelineModel;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sparkfinetune.TestSpark;
import org.sparkfinetune.config.Settings;
import org.sparkfinetune.console.Console;

/** The whole product on the sample: read, train, save, test, load, predict. */
@Tag("slow")
class QuickstartTest {
  private final SparkSession spark = TestSpark.session();

  @Test
  void fineTunesWellAboveABagOfWordsAndWhatItSavesPredictsTheSame(@TempDir Path folder)
      throws Exception {
    String output = run(new QuickstartJob(), "output=" + folder);

    JsonNode metrics = new ObjectMapper().readTree(folder.resolve("metrics.json").toFile());
    double accuracy = metrics.get("test_accuracy").doubleValue();
    assertThat(accuracy).isGreaterThanOrEqualTo(0.90);
    assertThat(accuracy - bagOfWords(output)).as("above bag of words").isGreaterThan(0.10);
    assertThat(metrics.fieldNames())
        .toIterable()
        .contains(
            "eval_accuracy",
            "eval_f1",
            "eval_loss",
            "test_accuracy",
            "test_f1",
            "test_loss",
            "train_runtime",
            "train_samples_per_second");
    assertThat(metrics).allSatisfy(value -> assertThat(value.isNumber()).isTrue());

    String model = folder.resolve("model").toString();
    String test = folder.resolve("data/test.csv").toString();
    String evaluation = run(new EvaluateJob(), "model=" + model, "data.test=" + test);
    assertThat(evaluation).containsPattern("test_accuracy\\s+%.4f".formatted(accuracy));

    String predictions = folder.resolve("predictions").toString();
    run(new PredictJob(), "model=" + model, "data.input=" + test, "output=" + predictions);
    Dataset<Row> predicted =
        spark
            .read()
            .option("header", "true")
            .option("multiLine", "true")
            .option("escape", "\"")
            .csv(predictions);
    assertThat(predicted.columns())
        .contains("text", "label", "prediction", "confidence", "probabilities");
    long right = predicted.where("prediction = label").count();
    assertThat((double) right / predicted.count()).isEqualTo(accuracy);

    Row first = predicted.first();
    LightPipeline light = new LightPipeline(PipelineModel.load(model), false);
    List<IAnnotation> categories =
        light.fullAnnotateJava(first.<String>getAs("text")).get("category");
    assertThat(categories).hasSize(1);
    assertThat(((JavaAnnotation) categories.get(0)).result())
        .isEqualTo(first.<String>getAs("prediction"));

    Path huggingFace;
    try (var files = Files.walk(folder.resolve("model"))) {
      huggingFace = files.filter(path -> path.endsWith("huggingface")).findFirst().orElseThrow();
    }
    assertThat(huggingFace).isDirectoryContaining("glob:**/model.safetensors");
  }

  private static double bagOfWords(String output) {
    Matcher matcher =
        Pattern.compile("bag of words, logistic regression\\s+([0-9.]+)").matcher(output);
    assertThat(matcher.find()).as(output).isTrue();
    return Double.parseDouble(matcher.group(1));
  }

  private String run(Job job, String... overrides) throws Exception {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    Settings config = ConfigLayers.read(job, List.of(), List.of(overrides));
    job.run(config, spark, new Console(out, OptionalInt.empty()));
    return bytes.toString(StandardCharsets.UTF_8);
  }
}
