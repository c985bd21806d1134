package org.sparkfinetune.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.sparkfinetune.ChildJvm;
import org.sparkfinetune.MlflowVersion;
import org.sparkfinetune.track.JournalReader;
import org.sparkfinetune.track.RunSnapshot;

/** Jobs that are recorded, as users run them, and what a server's own client says of them. */
public final class TrackedJobs {
  static final Path BASE =
      Path.of("src/test/resources/org/sparkfinetune/model/io/tiny-bert-classifier")
          .toAbsolutePath();

  /** Prints the runs of the experiment, the oldest first, each with all that it has. */
  private static final String READ =
      """
      import json
      import logging
      import sys

      import mlflow

      logging.disable()
      mlflow.set_tracking_uri(sys.argv[1])
      client = mlflow.MlflowClient()
      experiment = client.get_experiment_by_name("tests").experiment_id
      runs = []
      for run in client.search_runs([experiment], order_by=["attributes.start_time ASC"]):
          history = {
              key: [[point.step, point.value] for point in client.get_metric_history(run.info.run_id, key)]
              for key in run.data.metrics
          }
          runs.append({
              "id": run.info.run_id,
              "name": run.info.run_name,
              "status": run.info.status,
              "params": run.data.params,
              "tags": run.data.tags,
              "metrics": history,
              "inputs": {
                  tag.value: [data.dataset.name, data.dataset.digest]
                  for data in run.inputs.dataset_inputs
                  for tag in data.tags
              },
              "artifacts": sorted(file.path for file in client.list_artifacts(run.info.run_id)),
          })
      print(json.dumps(runs))
      """;

  private TrackedJobs() {}

  /** A file of rows with three labels, that words tell apart. */
  public static Path rows(Path folder, int count) throws IOException {
    String[] words = {"refund money", "parcel late", "password login"};
    StringBuilder csv = new StringBuilder("text,label\n");
    for (int i = 0; i < count; i++) {
      int label = i % words.length;
      csv.append(words[label]).append(' ').append(i).append(",label ").append(label).append('\n');
    }
    return Files.writeString(folder.resolve("rows-" + count + ".csv"), csv);
  }

  /** Runs a job in a JVM of its own, which logs to the folder. */
  static ChildJvm start(
      Path folder, String name, Map<String, String> environment, List<String> arguments)
      throws IOException {
    List<String> options = new ArrayList<>(ChildJvm.SHORT_LIVED);
    options.add("-Xmx1g");
    options.add("-Dspark-finetune.scripts=jobs");
    options.add("-Dspark-finetune.cache.dir=" + folder.resolve("cache"));
    return ChildJvm.start(name, Main.class, options, arguments, environment, folder);
  }

  /** The arguments of a training of a tiny model, recorded in the experiment {@code tests}. */
  public static List<String> fineTune(Path rows, Path output, String... more) {
    List<String> arguments =
        new ArrayList<>(
            List.of(
                "fine-tune",
                "data.train=" + rows,
                "model.base=" + BASE,
                "model.max_length=16",
                "training.per_device_train_batch_size=8",
                "training.logging_steps=1",
                "tracking.experiment=tests",
                "tracking.system_metrics_interval=1",
                "spark.master=local[1]",
                "output=" + output));
    arguments.addAll(List.of(more));
    return arguments;
  }

  /** The runs of the experiment on a server, the oldest first. */
  static JsonNode runs(MlflowVersion.Server server) throws Exception {
    return new ObjectMapper().readTree(server.python(READ).lines().reduce((a, b) -> b).get());
  }

  /** The newest run of the journals in an output. */
  static RunSnapshot journal(Path output) {
    List<RunSnapshot> runs =
        JournalReader.runs(new org.apache.hadoop.fs.Path(output.toUri()), new Configuration(false));
    return runs.get(runs.size() - 1);
  }

  /** The losses that the newest run's journal has by now. */
  static int losses(Path output) {
    org.apache.hadoop.fs.Path journals = new org.apache.hadoop.fs.Path(output.toUri());
    return JournalReader.runs(journals, new Configuration(false)).stream()
        .mapToInt(run -> run.metrics().getOrDefault("loss", List.of()).size())
        .max()
        .orElse(0);
  }

  /** Every measurement of the journal, at its step and in order, once. */
  static void assertSameMetrics(JsonNode server, RunSnapshot journal) {
    assertThat(server.path("metrics").size()).isEqualTo(journal.metrics().size());
    journal
        .metrics()
        .forEach(
            (name, points) -> {
              List<String> expected =
                  points.stream().map(point -> point.step() + " " + point.value()).toList();
              List<String> found = new ArrayList<>();
              server
                  .path("metrics")
                  .path(name)
                  .forEach(
                      point -> found.add(point.get(0).asLong() + " " + point.get(1).asDouble()));
              assertThat(found).as(name).isEqualTo(expected);
            });
  }
}
