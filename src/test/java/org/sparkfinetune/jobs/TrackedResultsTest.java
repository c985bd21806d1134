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
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.sparkfinetune.MlflowVersion;
import org.sparkfinetune.TestSpark;
import org.sparkfinetune.UserException;
import org.sparkfinetune.config.Settings;
import org.sparkfinetune.console.Console;
import org.sparkfinetune.finetune.NamedModels;

/** Evaluations, comparisons and audits on a real MLflow server. */
@Tag("slow")
class TrackedResultsTest {
  private static final String CACHE = "spark-finetune.cache.dir";

  @TempDir Path folder;
  private final SparkSession spark = TestSpark.session();

  @ParameterizedTest
  @EnumSource(MlflowVersion.class)
  void whatJobsFindIsWholeOnTheServer(MlflowVersion mlflow) throws Exception {
    Path exported = folder.resolve("exported");
    run(new ExportJob(), "format=mlflow", "model=" + TrackedJobs.BASE, "output=" + exported);
    Path rows = Files.writeString(folder.resolve("rows.csv"), rows());
    String before = System.setProperty(CACHE, folder.resolve("cache").toString());
    try (MlflowVersion.Server server = mlflow.trackingServer(folder)) {
      String trained = server.register("intents", exported);
      String[] tracked = {"tracking.uri=" + server.uri(), "tracking.experiment=tests"};

      assertThat(
              run(
                  new EvaluateJob(),
                  tracked,
                  "model=" + TrackedJobs.BASE,
                  "data.test=" + rows,
                  "evaluate.slices=[length]",
                  "evaluate.min_slice_rows=2",
                  "output=" + folder.resolve("evaluation")))
          .contains(server.uri() + "/#/experiments/");
      run(
          new CompareJob(),
          tracked,
          "models=[" + TrackedJobs.BASE + ",models:/intents@champion]",
          "data.test=" + rows,
          "output=" + folder.resolve("comparison"));
      run(
          new AuditJob(),
          tracked,
          "data.train=" + rows,
          "model.base=" + TrackedJobs.BASE,
          "model.max_length=16",
          "training.num_train_epochs=1",
          "audit.folds=2",
          "output=" + folder.resolve("audit"));

      run(
          new ExplainJob(),
          tracked,
          "model=" + TrackedJobs.BASE,
          "data.input=" + rows,
          "explain.steps=4",
          "output=" + folder.resolve("explanation"));

      JsonNode runs = TrackedJobs.runs(server);
      assertThat(runs).hasSize(4).allMatch(r -> r.path("status").asText().equals("FINISHED"));
      JsonNode evaluation = runs.path(0);
      JsonNode metrics = json("evaluation/metrics.json");
      metrics
          .fields()
          .forEachRemaining(
              metric -> assertValue(evaluation, metric.getKey(), metric.getValue().asDouble()));
      assertValue(evaluation, "example_count", 12);
      assertThat(evaluation.at("/metrics/slices_lowest_accuracy/0/1").asDouble(-1))
          .isBetween(0.0, 1.0);
      assertValue(evaluation, "accuracy_score", metrics.get("test_accuracy").asDouble());
      assertValue(evaluation, "f1_score", metrics.get("test_f1_weighted").asDouble());
      assertThat(evaluation.at("/params/model").asText()).isEqualTo(TrackedJobs.BASE.toString());
      assertThat(evaluation.at("/tags/mlflow.source.name").asText()).isEqualTo("jobs/evaluate");
      assertThat(evaluation.at("/inputs/test/1").asText()).matches("[0-9a-f]{16}");
      assertThat(artifacts(server, evaluation, "evaluate"))
          .contains("evaluate/metrics.json", "evaluate/report.html", "evaluate/class_scores.json")
          .contains("evaluate/slices.json")
          .doesNotContain("evaluate/rejected_rows");

      JsonNode comparison = runs.path(1);
      json("comparison/comparison.json")
          .fields()
          .forEachRemaining(
              metric ->
                  assertValue(
                      comparison,
                      "comparison_" + metric.getKey(),
                      metric.getValue().asDouble(Double.NaN)));
      // The same model: the champion is the export of the first.
      assertValue(comparison, "comparison_accuracy_difference", 0);
      assertValue(comparison, "comparison_p_value", 1);
      assertThat(comparison.at("/params/models").asText()).contains("models:/intents@champion");
      assertThat(artifacts(server, comparison, "compare")).contains("compare/comparison.json");

      JsonNode audit = runs.path(2);
      assertValue(audit, "audit_rows", 12);
      assertValue(audit, "audit_issues", json("audit/audit.json").get("issues").asDouble());
      assertThat(artifacts(server, audit, "audit"))
          .contains("audit/audit.json", "audit/report.html");
      assertThat(audit.at("/inputs/training/1").asText()).matches("[0-9a-f]{16}");

      JsonNode explanation = runs.path(3);
      assertValue(explanation, "explain_rows", 12);
      assertThat(artifacts(server, explanation, "explain"))
          .contains("explain/report.html", "explain/metrics.json");

      // Into the run that the model comes from, whose own parameters and tags stay.
      run(
          new EvaluateJob(),
          tracked,
          "model=models:/intents@champion",
          "data.test=" + rows,
          "tracking.run_id=" + trained,
          "output=" + folder.resolve("of-champion"));
      JsonNode found = new ObjectMapper().readTree(server.python(READ, trained));
      assertThat(found.at("/metrics/test_accuracy").asDouble())
          .isEqualTo(metrics.get("test_accuracy").asDouble());
      assertThat(found.path("params")).isEmpty();
      assertThat(found.path("status").asText()).isEqualTo("FINISHED");
      assertThat(found.path("artifacts").toString()).contains("evaluate", "model");
    } finally {
      if (before == null) {
        System.clearProperty(CACHE);
      } else {
        System.setProperty(CACHE, before);
      }
    }
  }

  @Test
  void aServerWithoutAnOutputIsRefused() throws Exception {
    Path rows = Files.writeString(folder.resolve("rows.csv"), rows());

    assertThatThrownBy(
            () ->
                run(
                    new EvaluateJob(),
                    "model=" + TrackedJobs.BASE,
                    "data.test=" + rows,
                    "tracking.uri=http://127.0.0.1:9"))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "tracking.uri is set and output is not: expected a folder for what is recorded");
  }

  /** Prints a run. */
  private static final String READ =
      """
      import json
      import logging
      import sys

      import mlflow

      logging.disable()
      mlflow.set_tracking_uri(sys.argv[1])
      client = mlflow.MlflowClient()
      run = client.get_run(sys.argv[2])
      print(json.dumps({
          "status": run.info.status,
          "metrics": run.data.metrics,
          "params": run.data.params,
          "artifacts": [file.path for file in client.list_artifacts(sys.argv[2])],
      }))
      """;

  /** Prints the artifacts of a run below a folder, a line each. */
  private static final String LIST =
      """
      import logging
      import sys

      import mlflow

      logging.disable()
      mlflow.set_tracking_uri(sys.argv[1])
      for file in mlflow.MlflowClient().list_artifacts(sys.argv[2], sys.argv[3]):
          print(file.path)
      """;

  private static List<String> artifacts(MlflowVersion.Server server, JsonNode run, String below)
      throws Exception {
    return server.python(LIST, run.path("id").asText(), below).lines().toList();
  }

  private static void assertValue(JsonNode run, String metric, double value) {
    double logged = run.path("metrics").path(metric).path(0).path(1).asDouble(Double.NaN);
    assertThat(logged).as(metric).isEqualTo(value);
  }

  private JsonNode json(String file) throws Exception {
    return new ObjectMapper().readTree(folder.resolve(file).toFile());
  }

  private static String rows() {
    StringBuilder rows = new StringBuilder("text,label\n");
    for (int i = 0; i < 12; i++) {
      rows.append("the cat sat ").append(i).append(",");
      rows.append(List.of("card", "refund", "top_up").get(i % 3)).append('\n');
    }
    return rows.toString();
  }

  private String run(Job job, String[] tracked, String... settings) throws Exception {
    List<String> all = new ArrayList<>(List.of(tracked));
    all.addAll(Arrays.asList(settings));
    return run(job, all.toArray(String[]::new));
  }

  private String run(Job job, String... settings) throws Exception {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);
    Settings config = ConfigLayers.read(job, List.of(), List.of(settings));
    Configuration hadoop = spark.sparkContext().hadoopConfiguration();
    try (NamedModels models = NamedModels.fetch(config, hadoop, Console.quiet())) {
      job.run(models.settings(), spark, new Console(out, OptionalInt.empty()));
    }
    return bytes.toString(StandardCharsets.UTF_8);
  }
}
