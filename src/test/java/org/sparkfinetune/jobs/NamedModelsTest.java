package org.sparkfinetune.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.sparkfinetune.ChildJvm;
import org.sparkfinetune.MlflowVersion;
import org.sparkfinetune.TestSpark;
import org.sparkfinetune.UserException;
import org.sparkfinetune.config.Settings;
import org.sparkfinetune.console.Console;
import org.sparkfinetune.finetune.NamedModels;
import org.sparkfinetune.model.io.ModelLocator;
import org.sparkfinetune.model.io.SavedModel;
import org.sparkfinetune.track.mlflow.MlflowModelResolver;

/** Pretrained models that jobs are given by a URI, of a real MLflow server and others. */
@Tag("slow")
class NamedModelsTest {
  private static final Path CLASSIFIER =
      Path.of("src/test/resources/org/sparkfinetune/model/io/tiny-bert-classifier")
          .toAbsolutePath();

  private static final String CACHE = "spark-finetune.cache.dir";

  @TempDir Path folder;
  private final SparkSession spark = TestSpark.session();

  @ParameterizedTest
  @EnumSource(MlflowVersion.class)
  void jobsTakeAModelOfTheServerWhereTheyTakeAFolder(MlflowVersion mlflow) throws Exception {
    Path exported = folder.resolve("exported");
    run(new ExportJob(), "", "format=mlflow", "model=" + CLASSIFIER, "output=" + exported);
    Path rows = Files.writeString(folder.resolve("rows.csv"), rows());
    Path output = folder.resolve("out");
    String before = System.setProperty(CACHE, folder.resolve("cache").toString());
    try (MlflowVersion.Server server = mlflow.trackingServer(folder)) {
      String uri = server.uri().toString();
      String ofRun = "runs:/" + server.register("intents", exported) + "/model";

      assertThat(predict("models:/intents@champion", uri, rows))
          .isEqualTo(predict(exported.toString(), uri, rows));
      assertThat(run(new DescribeJob(), uri, "model.base=models:/intents/1", "model.max_length=16"))
          .contains("bert");
      run(
          new FineTuneJob(),
          uri,
          "model.base=" + ofRun,
          "data.train=" + rows,
          "output=" + output,
          "tracking.journal=" + folder.resolve("journal"),
          "training.num_train_epochs=1",
          "model.max_length=16");

      assertThat(Files.readString(output.resolve("config.conf")))
          .contains("base = \"" + ofRun + "\"");
      Path saved =
          Path.of(
              SavedModel.huggingFaceFolder(
                      new org.apache.hadoop.fs.Path(output.toUri()), new Configuration(false))
                  .orElseThrow()
                  .toUri());
      JsonNode record = new ObjectMapper().readTree(saved.resolve("training.json").toFile());
      assertThat(record.get("base").asText()).isEqualTo(ofRun);
      assertThat(record.at("/settings/model.base").asText()).isEqualTo(ofRun);
      assertThatThrownBy(() -> predict("models:/intents@nobody", uri, rows))
          .isInstanceOf(UserException.class)
          .hasMessageStartingWith("model=models:/intents@nobody: ");
    } finally {
      if (before == null) {
        System.clearProperty(CACHE);
      } else {
        System.setProperty(CACHE, before);
      }
    }
  }

  @Test
  void aJobsServerWinsAndIsGoneAfterIt() throws Exception {
    Settings config =
        ConfigLayers.read(
            new FineTuneJob(), List.of(), List.of("tracking.uri=https://mlflow.example"));
    Configuration hadoop = new Configuration(false);
    for (String before : new String[] {null, "http://of-the-session"}) {
      if (before != null) {
        hadoop.set(MlflowModelResolver.TRACKING_URI, before);
      }
      try (NamedModels models = NamedModels.fetch(config, hadoop, Console.quiet())) {
        assertThat(models).isNotNull();
        assertThat(hadoop.get(MlflowModelResolver.TRACKING_URI))
            .isEqualTo("https://mlflow.example");
      }
      assertThat(hadoop.get(MlflowModelResolver.TRACKING_URI)).isEqualTo(before);
    }
  }

  @Test
  void aWrongUriIsRefusedByItsKeyBeforeTheJob() throws Exception {
    Settings config =
        ConfigLayers.read(
            new FineTuneJob(),
            List.of(),
            List.of("model.base=models:/a/b/c", "tracking.uri=http://127.0.0.1:1"));
    Configuration hadoop = new Configuration(false);
    assertThatThrownBy(() -> NamedModels.fetch(config, hadoop, Console.quiet()))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith("model.base=models:/a/b/c names no model: expected models:/NAME@");
    assertThat(hadoop).isEmpty();
  }

  @Test
  void aModelStaysTheSameForAJobsTime() throws Exception {
    Path shelf = Files.createDirectories(folder.resolve("shelf/intents"));
    Files.writeString(shelf.resolve("config.json"), "{}");
    String name = "shelf:" + shelf;
    Settings config = ConfigLayers.read(new PredictJob(), List.of(), List.of("model=" + name));
    Configuration hadoop = new Configuration(false);
    try (NamedModels models = NamedModels.fetch(config, hadoop, Console.quiet())) {
      assertThat(models).isNotNull();
      Files.move(shelf, shelf.resolveSibling("elsewhere"));
      assertThat(ModelLocator.locate(name, new Configuration(hadoop))).endsWith("/shelf/intents");
    }
    assertThatThrownBy(() -> ModelLocator.locate(name, hadoop)).isInstanceOf(UserException.class);
  }

  /** As a script runs it: the environment alone names the server. */
  @Test
  void theCommandLineSaysWhatIsMissing() throws Exception {
    try (ChildJvm job =
        ChildJvm.start(
            "job",
            Main.class,
            List.of(),
            List.of("describe", "model.base=models:/intents@champion", "spark.master=local[1]"),
            Map.of("MLFLOW_TRACKING_URI", "http://127.0.0.1:1"),
            folder)) {
      assertThat(job.awaitEnd(Duration.ofMinutes(2))).isEqualTo(JobCommand.USAGE);
      assertThat(job.output()).startsWith("describe: model.base=models:/intents@champion: ");
      assertThat(job.output().lines()).hasSize(1);
    }
  }

  private static String rows() {
    StringBuilder rows = new StringBuilder("text,label\n");
    for (int i = 0; i < 8; i++) {
      rows.append("the cat sat ").append(i).append(i % 2 == 0 ? ",card\n" : ",refund\n");
    }
    return rows.toString();
  }

  private List<Row> predict(String model, String server, Path rows) throws Exception {
    String output = folder.resolve("predicted-" + model.hashCode()) + ".parquet";
    run(new PredictJob(), server, "model=" + model, "data.input=" + rows, "output=" + output);
    return spark.read().parquet(output).orderBy("text").select("probabilities").collectAsList();
  }

  private String run(Job job, String server, String... settings) throws Exception {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    Settings config = ConfigLayers.read(job, List.of(), List.of(settings));
    Configuration hadoop = spark.sparkContext().hadoopConfiguration();
    hadoop.set(MlflowModelResolver.TRACKING_URI, server);
    try (NamedModels models = NamedModels.fetch(config, hadoop, Console.quiet())) {
      job.run(models.settings(), spark, new Console(out, OptionalInt.empty()));
    } finally {
      hadoop.unset(MlflowModelResolver.TRACKING_URI);
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }
}
