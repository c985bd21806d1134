package io.sparkfinetune.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.sparkfinetune.ChildJvm;
import io.sparkfinetune.MlflowVersion;
import io.sparkfinetune.S3Server;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.StreamSupport;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocatedFileStatus;
import org.apache.hadoop.fs.RemoteIterator;
import org.apache.hadoop.hdfs.MiniDFSCluster;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Jobs of which everything lies elsewhere: rows, base, checkpoints, study, model, predictions. */
class RemoteStorageTest {
  private static final Duration PATIENCE = Duration.ofMinutes(4);

  @TempDir Path folder;
  private Storage storage;
  private FileSystem files;

  /** A storage that runs for this test. */
  private enum Kind {
    HDFS {
      @Override
      Storage start(Path folder) throws IOException {
        Configuration hadoop = new Configuration();
        hadoop.set(MiniDFSCluster.HDFS_MINIDFS_BASEDIR, folder.resolve("hdfs").toString());
        MiniDFSCluster cluster = new MiniDFSCluster.Builder(hadoop).numDataNodes(1).build();
        cluster.waitActive();
        return new Storage(cluster.getURI(), Map.of(), cluster);
      }
    },
    S3 {
      @Override
      Storage start(Path folder) throws IOException {
        S3Server server = S3Server.start(folder);
        return new Storage(S3Server.BUCKET, server.hadoop(), server);
      }
    };

    abstract Storage start(Path folder) throws IOException;
  }

  /**
   * @param hadoop how Hadoop finds it
   * @param server to be closed
   */
  private record Storage(URI uri, Map<String, String> hadoop, AutoCloseable server) {}

  private void start(Kind kind) throws IOException {
    storage = kind.start(folder);
    Configuration hadoop = new Configuration();
    storage.hadoop().forEach(hadoop::set);
    files = FileSystem.newInstance(storage.uri(), hadoop);
  }

  @AfterEach
  void stop() throws Exception {
    if (storage != null) {
      files.close();
      storage.server().close();
    }
  }

  private String path(String name) {
    return storage.uri() + "/" + name;
  }

  private org.apache.hadoop.fs.Path hadoopPath(String name) {
    return new org.apache.hadoop.fs.Path(path(name));
  }

  private void upload(Path file, String name) throws IOException {
    files.copyFromLocalFile(new org.apache.hadoop.fs.Path(file.toUri()), hadoopPath(name));
  }

  private List<JsonNode> trials() throws IOException {
    try (InputStream in = files.open(hadoopPath("study/study.json"))) {
      JsonNode study = new ObjectMapper().readTree(in);
      return StreamSupport.stream(study.path("trials").spliterator(), false).toList();
    }
  }

  /** Runs a job, with what Hadoop needs to find the storage. */
  private ChildJvm job(String name, Map<String, String> environment, List<String> arguments)
      throws IOException {
    List<String> all = new ArrayList<>(arguments);
    storage.hadoop().forEach((key, value) -> all.add("spark.hadoop." + key + "=" + value));
    return TrackedJobs.start(folder, name, environment, all);
  }

  /** Has a model, on the storage or on a server, predict the rows that it was trained on. */
  private void predict(String model, Map<String, String> environment) throws Exception {
    List<String> arguments =
        List.of(
            "predict",
            "model=" + model,
            "data.input=" + path("rows.csv"),
            "spark.master=local[1]",
            "output=" + path("predictions.jsonl"));
    try (ChildJvm predict = job("predict", environment, arguments)) {
      assertThat(predict.awaitSuccess(PATIENCE)).contains("90 rows written");
    }
    List<JsonNode> predictions = predictions();
    assertThat(predictions).hasSize(90);
    assertThat(predictions)
        .allSatisfy(row -> assertThat(row.path("prediction")).isEqualTo(row.path("label")));
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void aKilledStudyGoesOnAndItsModelPredicts(Kind kind) throws Exception {
    start(kind);
    upload(TrackedJobs.rows(folder, 90), "rows.csv");
    upload(TrackedJobs.BASE, "base");
    upload(
        Files.writeString(
            folder.resolve("tune.conf"),
            "tune.n_trials = 3, tune.space.training.learning_rate = {low = 1e-3, high = 1e-2, log = true}"),
        "tune.conf");
    List<String> tune =
        new ArrayList<>(
            List.of(
                "tune",
                "data.train=" + path("rows.csv"),
                "model.base=" + path("base"),
                "model.max_length=16",
                "training.per_device_train_batch_size=8",
                "training.num_train_epochs=40",
                "--conf",
                path("tune.conf"),
                "spark.master=local[2]",
                "resume=true",
                "output=" + path("study")));
    try (ChildJvm killed = job("killed", Map.of(), tune)) {
      assertThat(ChildJvm.waitUntil(this::hasFinishedOneAndRunsAnother, PATIENCE))
          .as(killed.output())
          .isTrue();
    }
    List<JsonNode> before = trials();

    try (ChildJvm again = job("again", Map.of(), tune)) {
      assertThat(again.awaitSuccess(PATIENCE)).contains("3 trials: 3 complete");
    }

    List<JsonNode> after = trials();
    assertThat(after).hasSize(3);
    for (int i = 0; i < before.size(); i++) {
      if (before.get(i).path("state").asText().equals("COMPLETE")) {
        assertThat(after.get(i)).isEqualTo(before.get(i));
      }
    }
    assertThat(
            Arrays.stream(files.listStatus(hadoopPath("study")))
                .map(file -> file.getPath().getName()))
        .containsExactlyInAnyOrder(
            "study.json",
            "best.conf",
            "report.html",
            "model",
            "tracking",
            "metrics.json",
            "report.txt",
            "confusion_matrix.csv",
            "class_scores.json");

    assertNoSecretIn("study");
    predict(path("study/model"), Map.of());
  }

  private void assertNoSecretIn(String name) throws IOException {
    RemoteIterator<LocatedFileStatus> all = files.listFiles(hadoopPath(name), true);
    while (all.hasNext()) {
      org.apache.hadoop.fs.Path file = all.next().getPath();
      try (InputStream in = files.open(file)) {
        String text = new String(in.readAllBytes(), StandardCharsets.ISO_8859_1);
        assertThat(text).as(file.toString()).doesNotContain(S3Server.SECRET);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void aTrackingServersArtifactsLieThere(Kind kind) throws Exception {
    start(kind);
    upload(TrackedJobs.rows(folder, 90), "rows.csv");
    URI artifacts = URI.create(path("artifacts").replaceFirst("^s3a:", "s3:"));
    try (MlflowVersion.Server server = MlflowVersion.V3.trackingServer(folder, artifacts)) {
      Map<String, String> environment = Map.of("MLFLOW_TRACKING_URI", server.uri().toString());
      List<String> arguments =
          TrackedJobs.fineTune(
              folder.resolve("rows-90.csv"),
              folder.resolve("run"),
              "training.num_train_epochs=40",
              "training.learning_rate=5e-3",
              "tracking.register_model=intents",
              "tracking.model_alias=champion");
      try (ChildJvm fineTune = job("fine-tune", environment, arguments)) {
        assertThat(fineTune.awaitSuccess(PATIENCE)).doesNotContain("warning");
      }

      List<String> names = new ArrayList<>();
      RemoteIterator<LocatedFileStatus> all = files.listFiles(hadoopPath("artifacts"), true);
      while (all.hasNext()) {
        names.add(all.next().getPath().getName());
      }
      assertThat(names).contains("config.conf", "report.html", "class_scores.json", "MLmodel");
      predict("models:/intents@champion", environment);
    }
  }

  private List<JsonNode> predictions() throws IOException {
    ObjectMapper json = new ObjectMapper();
    List<JsonNode> rows = new ArrayList<>();
    for (FileStatus file : files.listStatus(hadoopPath("predictions.jsonl"))) {
      if (file.getPath().getName().startsWith("part-")) {
        try (InputStream in = files.open(file.getPath())) {
          json.readerFor(JsonNode.class).<JsonNode>readValues(in).forEachRemaining(rows::add);
        }
      }
    }
    return rows;
  }

  private boolean hasFinishedOneAndRunsAnother() {
    try {
      if (!files.exists(hadoopPath("study/study.json"))) {
        return false;
      }
      List<String> states = trials().stream().map(t -> t.path("state").asText()).toList();
      return states.contains("COMPLETE") && states.contains("RUNNING");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
