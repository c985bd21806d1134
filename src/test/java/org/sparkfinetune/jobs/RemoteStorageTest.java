package org.sparkfinetune.jobs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.StreamSupport;
import org.apache.commons.io.FileUtils;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocatedFileStatus;
import org.apache.hadoop.fs.RemoteIterator;
import org.apache.hadoop.hdfs.MiniDFSCluster;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.sparkfinetune.ChildJvm;
import org.sparkfinetune.MlflowVersion;
import org.sparkfinetune.S3Server;
import org.sparkfinetune.track.JournalReader;
import org.sparkfinetune.track.RunSnapshot;
import org.sparkfinetune.track.RunStatus;
import org.sparkfinetune.track.mlflow.MlflowRuns;

/** Jobs of which everything lies elsewhere: rows, base, checkpoints, study, model, predictions. */
@Tag("slow")
class RemoteStorageTest {
  private static final int ROWS = 90;
  private static final int LABELS = 3;
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

      @Override
      boolean goesOnElsewhere() {
        return false;
      }

      @Override
      void end(ChildJvm job) {
        job.close();
      }
    },
    S3 {
      @Override
      Storage start(Path folder) throws IOException {
        S3Server server = S3Server.start(folder);
        return new Storage(S3Server.BUCKET, server.hadoop(), server);
      }

      @Override
      boolean goesOnElsewhere() {
        return true;
      }

      @Override
      void end(ChildJvm job) throws Exception {
        ChildJvm.signal(job.process(), "TERM");
        assertThat(ChildJvm.waitUntil(() -> !job.process().isAlive(), PATIENCE)).isTrue();
      }
    };

    abstract Storage start(Path folder) throws IOException;

    /** Whether the job goes on where nothing is of what it has left on its disk. */
    abstract boolean goesOnElsewhere();

    /** Ends a job as it may happen: at once, or so that it can say so. */
    abstract void end(ChildJvm job) throws Exception;
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

  /**
   * What a model, on the storage or on a server, makes of the rows, in the order of their texts.
   */
  private List<JsonNode> predict(String model, Map<String, String> environment) throws Exception {
    List<String> arguments =
        List.of(
            "predict",
            "model=" + model,
            "data.input=" + path("rows.csv"),
            "spark.master=local[1]",
            "overwrite=true",
            "output=" + path("predictions.jsonl"));
    try (ChildJvm predict = job("predict", environment, arguments)) {
      assertThat(predict.awaitSuccess(PATIENCE)).contains(ROWS + " rows written");
    }
    List<JsonNode> predictions = new ArrayList<>(predictions());
    predictions.sort(Comparator.comparing(row -> row.path("text").asText()));
    return predictions;
  }

  private static void assertAlike(List<JsonNode> ones, List<JsonNode> others) {
    assertThat(ones).hasSize(ROWS);
    assertThat(others).hasSize(ROWS);
    for (int i = 0; i < ROWS; i++) {
      JsonNode one = ones.get(i);
      JsonNode other = others.get(i).path("probabilities");
      assertThat(one.path("probabilities").size()).isEqualTo(LABELS);
      for (Map.Entry<String, JsonNode> label : one.path("probabilities").properties()) {
        assertThat(label.getValue().asDouble())
            .as(one.toString())
            .isCloseTo(other.path(label.getKey()).asDouble(), within(1e-4));
      }
    }
  }

  /** Rows that differ, by labels in words that the base has tokens for. */
  private Path rows() throws IOException {
    String[] texts = {"refund please", "card lost", "top up"};
    StringBuilder csv = new StringBuilder("text,label\n");
    for (int i = 0; i < ROWS; i++) {
      int label = i % texts.length;
      csv.append(texts[label]).append(" x").append(i).append(",label ").append(label).append('\n');
    }
    return Files.writeString(folder.resolve("rows.csv"), csv);
  }

  @ParameterizedTest
  @EnumSource(Kind.class)
  void aStudyThatWasEndedGoesOnAndItsModelPredicts(Kind kind) throws Exception {
    start(kind);
    upload(rows(), "rows.csv");
    upload(TrackedJobs.BASE, "base");
    upload(
        Files.writeString(
            folder.resolve("tune.conf"),
            "tune { n_trials = 3, space { training.learning_rate = {low = 5e-3, high = 2e-2, log = true}}}"),
        "tune.conf");
    URI artifacts = URI.create(path("artifacts").replaceFirst("^s3a:", "s3:"));
    try (MlflowVersion.Server server = MlflowVersion.V3.trackingServer(folder, artifacts)) {
      Map<String, String> environment = Map.of("MLFLOW_TRACKING_URI", server.uri().toString());
      List<String> tune =
          List.of(
              "tune",
              "data.train=" + path("rows.csv"),
              "model.base=" + path("base"),
              "model.max_length=8",
              "training.per_device_train_batch_size=8",
              "training.num_train_epochs=20",
              "--conf",
              path("tune.conf"),
              "tracking.experiment=tests",
              "tracking.register_model=intents",
              "tracking.model_alias=champion",
              "spark.master=local[2]",
              "resume=true",
              "output=" + path("study"));
      try (ChildJvm ended = job("ended", environment, tune)) {
        assertThat(
                ChildJvm.waitUntil(
                    () -> hasFinishedOneAndRunsAnother() || !ended.process().isAlive(), PATIENCE))
            .isTrue();
        assertThat(ended.process().isAlive()).as(ended.output()).isTrue();
        kind.end(ended);
        if (kind.goesOnElsewhere()) {
          // Another driver has the copy of the journal alone.
          FileUtils.deleteDirectory(folder.resolve("cache").toFile());
        }
      }
      List<JsonNode> before = trials();

      try (ChildJvm again = job("again", environment, tune)) {
        assertThat(again.awaitSuccess(PATIENCE))
            .contains("3 trials: 3 complete")
            .doesNotContain("warning");
      }

      List<JsonNode> after = trials();
      assertThat(after).hasSize(3);
      for (int i = 0; i < before.size(); i++) {
        if (before.get(i).path("state").asText().equals("COMPLETE")) {
          assertThat(after.get(i)).isEqualTo(before.get(i));
        }
      }
      assertThat(names("study", false))
          .contains("study.json", "best.conf", "report.html", "model", "tracking")
          .doesNotContain("trials");
      assertNoSecretIn("study");
      assertIsOneRun(server);
      assertThat(names("artifacts", true)).contains("best.conf", "report.html", "MLmodel");
      assertAlike(
          predict(path("study/model"), environment),
          predict("models:/intents@champion", environment));
    }
  }

  /** A run of the study and one of each trial, in the journal and on the server. */
  private void assertIsOneRun(MlflowVersion.Server server) {
    List<RunSnapshot> journal = JournalReader.runs(hadoopPath("study/tracking"), files.getConf());
    assertThat(journal).hasSize(4).extracting(RunSnapshot::status).containsOnly(RunStatus.FINISHED);
    assertThat(journal.stream().filter(run -> run.parent().isEmpty())).hasSize(1);
    MlflowRuns runs = new MlflowRuns(server.uri().toString(), files.getConf());
    assertThat(runs.list("tests", "", ROWS)).hasSize(4);
  }

  private List<String> names(String folder, boolean below) throws IOException {
    List<String> names = new ArrayList<>();
    if (below) {
      RemoteIterator<LocatedFileStatus> all = files.listFiles(hadoopPath(folder), true);
      while (all.hasNext()) {
        names.add(all.next().getPath().getName());
      }
    } else {
      for (FileStatus file : files.listStatus(hadoopPath(folder))) {
        names.add(file.getPath().getName());
      }
    }
    return names;
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
      // It is being written.
      return false;
    }
  }
}
