package org.sparkfinetune.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sparkfinetune.ChildJvm;
import org.sparkfinetune.TestSpark;
import org.sparkfinetune.UserException;
import org.sparkfinetune.config.Settings;
import org.sparkfinetune.console.Console;
import org.sparkfinetune.data.HuggingFaceParquet;
import org.sparkfinetune.finetune.NamedModels;
import org.sparkfinetune.hub.FakeHub;
import org.sparkfinetune.model.io.SavedModel;
import org.sparkfinetune.track.JournalReader;

/** Jobs that are given ids of a hub, and that upload to it. */
@Tag("slow")
class HubJobsTest {
  private static final Path CLASSIFIER =
      Path.of("src/test/resources/org/sparkfinetune/model/io/tiny-bert-classifier")
          .toAbsolutePath();
  private static final List<String> VARIABLES = List.of("HF_ENDPOINT", "HF_HOME", "HF_TOKEN");

  @TempDir Path folder;
  private final SparkSession spark = TestSpark.session();
  private FakeHub hub;
  private String commit;

  @BeforeEach
  void start() throws IOException {
    hub = FakeHub.start();
    commit = hub.commit("org/name", CLASSIFIER);
  }

  @AfterEach
  void stop() {
    hub.close();
  }

  private Map<String, String> environment() {
    return Map.of(
        "HF_ENDPOINT", hub.endpoint(),
        "HF_HOME", folder.resolve("hf").toString(),
        "HF_TOKEN", FakeHub.TOKEN);
  }

  private String run(Job job, String... settings) throws Exception {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    Console console = new Console(out, OptionalInt.empty());
    Settings config = ConfigLayers.read(job, List.of(), List.of(settings));
    Configuration hadoop = spark.sparkContext().hadoopConfiguration();
    environment().forEach(hadoop::set);
    try (NamedModels models = NamedModels.fetch(config, hadoop, console)) {
      job.run(models.settings(), spark, console);
    } finally {
      VARIABLES.forEach(hadoop::unset);
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }

  private String rows() throws IOException {
    List<Long> labels = new ArrayList<>();
    for (int i = 0; i < 12; i++) {
      labels.add((long) i % 2);
    }
    Path file = folder.resolve("rows.parquet");
    HuggingFaceParquet.write(
        file,
        HuggingFaceParquet.feature(HuggingFaceParquet.classLabel("card", "refund")),
        labels.toArray(Long[]::new));
    return hub.commit(
        "datasets/org/texts",
        "refs/convert/parquet",
        Map.of("default/train/0000.parquet", Files.readAllBytes(file)));
  }

  @Test
  void fromTheHubAndBack() throws Exception {
    String ofRows = rows();
    Path output = folder.resolve("out");
    assertThat(run(new DescribeJob(), "model.base=org/name", "model.max_length=16"))
        .contains("bert", "hf://org/name@" + commit);
    run(
        new FineTuneJob(),
        "model.base=org/name",
        "data.train=hf://datasets/org/texts",
        "output=" + output,
        "training.num_train_epochs=1",
        "model.pooling=cls",
        "model.max_length=16");

    // What was read is what is recorded, wherever it is.
    String base = "hf://org/name@" + commit;
    String train = "hf://datasets/org/texts@" + ofRows + "/default/train";
    assertThat(Files.readString(output.resolve("config.conf")))
        .contains("base = \"" + base + "\"", "train = \"" + train + "\"");
    Path saved = saved(output);
    JsonNode record = new ObjectMapper().readTree(saved.resolve("training.json").toFile());
    assertThat(record.get("base").asText()).isEqualTo(base);
    assertThat(record.at("/settings/model.base").asText()).isEqualTo(base);
    assertThat(
            JournalReader.runs(
                new org.apache.hadoop.fs.Path(output.resolve("tracking").toUri()),
                new Configuration(false)))
        .singleElement()
        .satisfies(
            of ->
                assertThat(of.params())
                    .containsEntry("model.base", base)
                    .containsEntry("data.train", train));

    String exported =
        run(new ExportJob(), "model=" + output, "push_to_hub=org/mine", "format=huggingface");
    assertThat(exported)
        .contains("Uploaded: " + hub.endpoint() + "/org/mine/commit/")
        .contains("pipeline('text-classification', 'org/mine')")
        .doesNotContain(FakeHub.TOKEN);
    Map<String, byte[]> uploaded = hub.main("org/mine");
    assertThat(uploaded)
        .containsKeys(
            "README.md", "config.json", "model.safetensors", "tokenizer.json", "training.json");
    assertThat(hub.isPrivate("org/mine")).isTrue();
    String card = new String(uploaded.get("README.md"), StandardCharsets.UTF_8);
    assertThat(card)
        .contains("base_model: \"org/name\"")
        .contains("fine-tuned from `org/name` (revision `" + commit + "`)")
        .contains("pipeline(\"text-classification\", \"org/mine\")");
    assertThat(new String(uploaded.get("training.json"), StandardCharsets.UTF_8)).contains(base);

    // What was uploaded predicts what was saved.
    Path texts = Files.writeString(folder.resolve("texts.csv"), "text\nthe cat sat\n");
    for (String model : List.of(output.toString(), "org/mine")) {
      run(
          new PredictJob(),
          "model=" + model,
          "data.input=" + texts,
          "output=" + folder.resolve("predicted-" + model.length()) + ".json");
    }
    assertThat(hub.secretsAtStore()).isEmpty();
    assertThat(predicted("org/mine")).isEqualTo(predicted(output.toString())).isNotEmpty();
  }

  private List<String> predicted(String model) {
    return spark
        .read()
        .text(folder.resolve("predicted-" + model.length()) + ".json")
        .as(org.apache.spark.sql.Encoders.STRING())
        .collectAsList();
  }

  private static Path saved(Path output) throws IOException {
    return Path.of(
        SavedModel.huggingFaceFolder(
                new org.apache.hadoop.fs.Path(output.toUri()), new Configuration(false))
            .orElseThrow()
            .toUri());
  }

  @Test
  void whatCannotBeUploadedIsToldBeforeItIsExported() {
    assertThatThrownBy(() -> run(new ExportJob(), "model=" + CLASSIFIER, "push_to_hub=org/mine@v1"))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "push_to_hub=org/mine@v1 is not where a model is uploaded to: expected ORG/NAME");
    assertThatThrownBy(() -> run(new ExportJob(), "model=" + CLASSIFIER, "push_to_hub=mine"))
        .hasMessage("push_to_hub=mine is no repository: expected ORG/NAME");
    assertThatThrownBy(() -> run(new ExportJob(), "model=" + CLASSIFIER))
        .hasMessageStartingWith("output is not set");
  }

  @Test
  void anOutputMayBeKeptBesideTheUpload() throws Exception {
    Path output = folder.resolve("onnx");
    run(
        new ExportJob(),
        "model=hf://org/name",
        "format=onnx",
        "output=" + output,
        "push_to_hub=org/onnx",
        "hub_private_repo=false");
    assertThat(hub.isPrivate("org/onnx")).isFalse();
    assertThat(hub.main("org/onnx").get("model.onnx"))
        .isEqualTo(Files.readAllBytes(output.resolve("model.onnx")));
  }

  /** As a script runs it: the environment alone says where the hub is. */
  @Test
  void theCommandLineTellsAnAbsentIdInOneLine() throws Exception {
    for (String id : new String[] {"org/none", "hf://org/none@v1"}) {
      try (ChildJvm job =
          ChildJvm.start(
              "job",
              Main.class,
              List.of(),
              List.of("describe", "model.base=" + id, "spark.master=local[1]"),
              environment(),
              folder)) {
        assertThat(job.awaitEnd(Duration.ofMinutes(2))).isEqualTo(JobCommand.USAGE);
        assertThat(job.output()).startsWith("describe: model.base=" + id).contains("no such model");
        assertThat(job.output().lines()).hasSize(1);
      }
    }
    try (ChildJvm job =
        ChildJvm.start(
            "job",
            Main.class,
            List.of(),
            List.of("describe", "model.base=org/name", "model.max_length=16"),
            environment(),
            folder)) {
      assertThat(job.awaitSuccess(Duration.ofMinutes(2))).contains("hf://org/name@" + commit);
    }
  }
}
