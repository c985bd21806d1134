package org.sparkfinetune.annotator;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.sparkfinetune.ChildJvm;
import org.sparkfinetune.MlflowVersion;
import org.sparkfinetune.distributed.TestCluster;
import org.sparkfinetune.hub.FakeHub;

/**
 * A model of a real MLflow server, and one of a hub, are fine-tuned by executors on {@code
 * local-cluster}.
 */
@EnabledOnOs(OS.LINUX)
@Tag("slow")
class RegisteredBaseTest {
  private static final Path CLASSIFIER =
      Path.of("src/test/resources/org/sparkfinetune/model/io/tiny-bert-classifier")
          .toAbsolutePath();

  @TempDir Path folder;

  @Test
  void executorsTrainWhatTheDriverHasFetched() throws Exception {
    Files.createDirectory(folder.resolve("of-driver"));
    Path cache = folder.resolve("of-executors");
    try (MlflowVersion.Server server = MlflowVersion.V3.trackingServer(folder)) {
      server.register("intents", CLASSIFIER);
      String output =
          ChildJvm.run(
              RegisteredBaseMain.class,
              List.of("-Xmx1g"),
              List.of(
                  "spark-finetune.tracking.uri=" + server.uri(),
                  "models:/intents@champion",
                  CLASSIFIER.toString(),
                  cache.toString()),
              TestCluster.environment(folder),
              folder);

      assertThat(output).contains("same: true").containsPattern("figures: \\[\\{.*loss=");
      assertThat(output).contains("base: models:/intents@champion models:/intents@champion");
      assertThat(output).containsPattern("loaded: \\S+ \\S+");
    }
    assertThat(folders(folder.resolve("of-driver/cache/mlflow"))).hasSize(1);
    // One copy for both executors, whole, under no name that the driver's disk has.
    List<Path> copies = folders(cache);
    assertThat(copies).hasSize(1);
    for (String name : List.of("config.json", "model.safetensors", "tokenizer.json")) {
      assertThat(copies.get(0).resolve(name)).hasSameBinaryContentAs(CLASSIFIER.resolve(name));
    }
  }

  @Test
  void executorsNeverAskTheHub() throws Exception {
    Files.createDirectory(folder.resolve("of-driver"));
    Path cache = folder.resolve("of-executors");
    try (FakeHub hub = FakeHub.start()) {
      String commit = hub.commit("org/name", CLASSIFIER);
      String output =
          ChildJvm.run(
              RegisteredBaseMain.class,
              List.of("-Xmx1g"),
              List.of(
                  "HF_ENDPOINT="
                      + hub.endpoint()
                      + ",HF_HOME=/proc/self/cwd/of-driver/hf,HF_TOKEN="
                      + FakeHub.TOKEN,
                  "org/name",
                  CLASSIFIER.toString(),
                  cache.toString()),
              TestCluster.environment(folder),
              folder);

      assertThat(output).contains("same: true").containsPattern("figures: \\[\\{.*loss=");
      String pinned = "hf://org/name@" + commit;
      assertThat(output).contains("base: " + pinned + " " + pinned);
      assertThat(output).containsPattern("loaded: \\S+ \\S+");
      // Once for the training and once for loadSavedModel, by the driver; the files once.
      assertThat(hub.paths(false, "GET").stream().filter(path -> path.startsWith("/api/")))
          .hasSize(2);
      assertThat(hub.paths(true, "GET")).hasSize(1);
      assertThat(hub.secretsAtStore()).isEmpty();
    }
    List<Path> copies = folders(cache);
    assertThat(copies).hasSize(1);
    for (String name : List.of("config.json", "model.safetensors", "tokenizer.json")) {
      assertThat(copies.get(0).resolve(name)).hasSameBinaryContentAs(CLASSIFIER.resolve(name));
    }
  }

  private static List<Path> folders(Path cache) throws Exception {
    try (Stream<Path> found = Files.list(cache)) {
      return found.filter(Files::isDirectory).toList();
    }
  }
}
