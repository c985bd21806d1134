package org.sparkfinetune.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.sparkfinetune.MlflowVersion;
import org.sparkfinetune.UserException;
import org.sparkfinetune.console.Console;

/** What {@code jobs/runs} says of runs that MLflow's own Python client has recorded. */
@Tag("slow")
class RunsOnMlflowTest {
  private static final String RECORD =
      """
      import sys
      import mlflow
      mlflow.set_tracking_uri(sys.argv[1])
      mlflow.set_experiment("intents")
      with mlflow.start_run(run_name="parent"):
          mlflow.log_param("model.base", "bert")
          for child in range(2):
              with mlflow.start_run(run_name=f"child {child}", nested=True) as run:
                  mlflow.log_param("training.learning_rate", child)
                  for step in range(1, 1202):
                      if step % 100 == 1:
                          mlflow.log_metric("loss", 1.0 / step, step=step)
                  mlflow.log_metric("eval_accuracy", 0.5 + child / 10, step=1201)
                  if child == 1:
                      mlflow.log_text("label,a,b\\na,3,1\\nb,0,1\\n", "confusion_matrix.csv")
                  else:
                      scores = {"precision": 0.125, "recall": 1.0, "f1": 0.5, "support": 7}
                      mlflow.log_dict(
                          {"classes": [{"label": "late", **scores}], "averages": [{"name": "micro", **scores}]},
                          "class_scores.json",
                      )
      """;

  @TempDir Path folder;

  @ParameterizedTest
  @EnumSource
  void listsShowsAndCompares(MlflowVersion version) throws Exception {
    try (MlflowVersion.Server server = version.trackingServer(folder)) {
      server.python(RECORD);
      String uri = "tracking.uri=" + server.uri();

      assertThat(runs(uri, "sort_by=eval_accuracy", "experiment=intents").lines())
          .satisfiesExactly(
              head -> assertThat(head).matches("name .* eval_accuracy .*"),
              parent -> assertThat(parent).matches("parent +[0-9a-f]{8}  finished  .*"),
              best -> assertThat(best).matches("  child 1 +[0-9a-f]{8}  finished .* 0.6000 .*"),
              other -> assertThat(other).matches("  child 0 +[0-9a-f]{8}  finished .* 0.5000 .*"));
      assertThat(runs(uri, "status=failed")).startsWith("No such run in " + server.uri());

      Path page = folder.resolve("page.html");
      assertThat(runs(uri, "show=child 1", "html=" + page))
          .contains("\nLoss  1 to 8.33e-4 in 1201 steps\n", "confusion_matrix.csv  22 B\n");
      assertThat(Files.readString(page)).contains("a → b: 1 of 4 rows (25.0 %)");
      runs(uri, "show=child 0", "html=" + page, "overwrite=true");
      assertThat(Files.readString(page))
          .contains("<h2>Classes</h2>", "late", "micro average", "0.1250")
          .doesNotContain("<h2>Confusions</h2>");
      assertThat(runs(uri, "compare=child 0,child 1"))
          .containsPattern("\neval_accuracy +0.5000 +0.6000\n");

      assertThatThrownBy(() -> runs(uri, "experiment=intent"))
          .isInstanceOf(UserException.class)
          .hasMessageContaining("has no experiment intent: it has ");
    }
  }

  private static String runs(String... arguments) throws Exception {
    List<String> all = new ArrayList<>(Arrays.asList(arguments));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    RunsJob job = new RunsJob();
    try (PrintStream print = new PrintStream(out, true, StandardCharsets.UTF_8)) {
      job.run(
          ConfigLayers.read(job, List.of(), all),
          new Configuration(),
          new Console(print, OptionalInt.empty()));
    }
    return out.toString(StandardCharsets.UTF_8);
  }
}
