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
import org.sparkfinetune.finetune.FineTuning;
import org.sparkfinetune.model.ModelArguments;
import org.sparkfinetune.model.io.SavedModel;

/** Models of a real MLflow server, where jobs take paths. */
class MlflowModelResolverTest {
  private static final Path CLASSIFIER =
      Path.of("src/test/resources/org/sparkfinetune/model/io/tiny-bert-classifier")
          .toAbsolutePath();

  /** Logs a folder as a run's model and registers it, with MLflow's own client. */
  private static final String PUBLISH =
      """
      import logging
      import sys

      import mlflow

      logging.disable()
      server, folder = sys.argv[1:]
      mlflow.set_tracking_uri(server)
      client = mlflow.MlflowClient()
      run = client.create_run("0").info
      client.log_artifacts(run.run_id, folder, "model")
      client.create_registered_model("intents")
      source = f"{run.artifact_uri}/model"
      version = client.create_model_version("intents", source, run.run_id)
      client.set_registered_model_alias("intents", "champion", version.version)
      print(run.run_id)
      """;

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
      String ofRun = "runs:/" + server.python(PUBLISH, exported.toString()).strip() + "/model";

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
  void withoutAServerTheKeyAndTheVariableAreNamed() throws Exception {
    Settings predict = ConfigLayers.read(new PredictJob(), List.of(), List.of("model=runs:/1/m"));
    assertThatThrownBy(() -> MlflowModelResolver.fetch(predict, Map.of(), hadoop(), true))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "model=runs:/1/m: no MLflow server is named: set the environment's"
                + " MLFLOW_TRACKING_URI");
    Settings tuning =
        ConfigLayers.read(new FineTuneJob(), List.of(), List.of("model.base=models:/a@b"));
    assertThatThrownBy(() -> MlflowModelResolver.fetch(tuning, Map.of(), hadoop(), true))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "model.base=models:/a@b: no MLflow server is named: set the environment's"
                + " MLFLOW_TRACKING_URI, or tracking.uri");
  }

  @Test
  void pathsStayWhatTheyAre() throws Exception {
    Settings config =
        ConfigLayers.read(new DescribeJob(), List.of(), List.of("model.base=s3a://models/x"));
    try (MlflowModelResolver models = MlflowModelResolver.fetch(config, Map.of(), hadoop(), true)) {
      ModelArguments model = models.config().get(FineTuning.MODEL);
      assertThat(model.base()).isEqualTo("s3a://models/x");
    }
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

  private Configuration hadoop() {
    return spark.sessionState().newHadoopConf();
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
    Map<String, String> environment = Map.of("MLFLOW_TRACKING_URI", server);
    try (MlflowModelResolver models =
        MlflowModelResolver.fetch(config, environment, hadoop(), true)) {
      job.run(models.config(), spark, new Console(out, OptionalInt.empty()));
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }
}
