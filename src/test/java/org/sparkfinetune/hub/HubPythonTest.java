package org.sparkfinetune.hub;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sparkfinetune.HubPython;
import org.sparkfinetune.model.io.PretrainedModel;

/** The cache that Python's {@code huggingface_hub} and this project share, with the real one. */
@Tag("slow")
class HubPythonTest {
  private static final Path CLASSIFIER =
      Path.of("src/test/resources/org/sparkfinetune/model/io/tiny-bert-classifier")
          .toAbsolutePath();

  /** What transformers does for each file, and what {@code hf download} does. */
  private static final String FETCH =
      """
      import sys
      from huggingface_hub import hf_hub_download, scan_cache_dir, snapshot_download

      repo, names = sys.argv[1], sys.argv[2].split(",")
      paths = [hf_hub_download(repo, name) for name in names]
      print("files", *paths)
      print("snapshot", snapshot_download(repo, allow_patterns=names))
      info = scan_cache_dir()
      print("warnings", len(info.warnings), "repos", *(r.repo_id for r in info.repos))
      """;

  private static final String DATASET =
      """
      import sys
      from huggingface_hub import hf_hub_download

      print(hf_hub_download(sys.argv[1], sys.argv[2], repo_type="dataset", revision="refs/convert/parquet"))
      """;

  private static final String UPLOADED =
      """
      import sys
      from huggingface_hub import hf_hub_download

      print(open(hf_hub_download(sys.argv[1], "README.md")).read())
      """;

  private static final String NAMES = "config.json,model.safetensors,tokenizer.json";

  @TempDir Path folder;
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

  private Map<String, String> environment(String... more) {
    Map<String, String> environment =
        new HashMap<>(
            Map.of(
                "HF_ENDPOINT", hub.endpoint(),
                "HF_HOME", folder.resolve("hf").toString(),
                "HF_TOKEN", FakeHub.TOKEN));
    for (int i = 0; i < more.length; i += 2) {
      environment.put(more[i], more[i + 1]);
    }
    return environment;
  }

  private PretrainedModel open(String name, String... more) {
    Configuration hadoop = new Configuration(false);
    environment(more).forEach(hadoop::set);
    return PretrainedModel.open(name, hadoop);
  }

  private Path snapshot() {
    return folder.resolve("hf/hub/models--org--name/snapshots").resolve(commit);
  }

  @Test
  void pythonFindsOfflineWhatJavaFetched() throws Exception {
    PretrainedModel model = open("org/name");
    assertThat(model.pinnedName()).endsWith("@" + commit);
    hub.close();
    String printed =
        HubPython.run(folder, FETCH, environment("HF_HUB_OFFLINE", "1"), "org/name", NAMES);
    assertThat(printed)
        .contains("files " + snapshot().resolve("config.json"))
        .contains("snapshot " + snapshot() + "\n")
        .contains("warnings 0 repos org/name\n");
    assertThat(hub.secretsAtStore()).isEmpty();
  }

  @Test
  void javaFindsOfflineWhatPythonFetched() throws Exception {
    String printed = HubPython.run(folder, FETCH, environment(), "org/name", NAMES);
    assertThat(printed).contains("snapshot " + snapshot() + "\n");
    assertThat(hub.secretsAtStore()).isEmpty();
    hub.close();
    // Said, and because nobody is there.
    for (String offline : new String[] {"1", "0"}) {
      PretrainedModel model = open("org/name", "HF_HUB_OFFLINE", offline);
      assertThat(model.config()).isEqualTo(Files.readString(CLASSIFIER.resolve("config.json")));
      assertThat(model.pinnedName()).isEqualTo("hf://org/name@" + commit);
      model.openWeights().close();
    }
  }

  @Test
  void rowsAreSharedToo() throws Exception {
    byte[] rows = new byte[300_000];
    new Random(1).nextBytes(rows);
    hub.commit(
        "datasets/org/texts", "refs/convert/parquet", Map.of("default/train/0000.parquet", rows));
    String uri = "hf://datasets/org/texts@refs/convert/parquet";
    HubSettings settings = HubSettings.of(environment()::get);
    HubRepository repository = HubRepository.open(HubId.parse(uri), uri, settings);
    repository.fetch(repository.names(), TransferListener.NONE);
    hub.close();
    String printed =
        HubPython.run(
            folder,
            DATASET,
            environment("HF_HUB_OFFLINE", "1"),
            "org/texts",
            "default/train/0000.parquet");
    assertThat(Path.of(printed.strip())).hasBinaryContent(rows);
  }

  @Test
  void pythonSeesWhatWasUploaded() throws Exception {
    HubUpload upload =
        new HubUpload(HubId.model("org/mine"), "org/mine", HubSettings.of(environment()::get));
    upload.create(true);
    upload.commit(
        Map.of("README.md", () -> Files.newInputStream(CLASSIFIER.resolve("config.json"))),
        "Mine",
        TransferListener.NONE);
    assertThat(HubPython.run(folder, UPLOADED, environment(), "org/mine")).contains("\"bert\"");
  }

  /** Their locks do not see each other: whoever comes second, nothing is damaged. */
  @Test
  void bothAtOnceLeaveAWholeCache() throws Exception {
    byte[] weights = new byte[20_000_000];
    new Random(2).nextBytes(weights);
    Map<String, byte[]> files = FakeHub.files(CLASSIFIER);
    files.put("big.bin", weights);
    commit = hub.commit("org/name", "main", files);
    ExecutorService threads = Executors.newFixedThreadPool(3);
    try {
      Callable<Object> python =
          () -> HubPython.run(folder, FETCH, environment(), "org/name", NAMES + ",big.bin");
      Callable<Object> java =
          () -> {
            // Python takes a while to start.
            HubRepository repository = null;
            for (int i = 0; i < 30; i++) {
              org.apache.commons.io.FileUtils.deleteQuietly(snapshot().resolve("big.bin").toFile());
              repository =
                  HubRepository.open(
                      HubId.parse("org/name"), "org/name", HubSettings.of(environment()::get));
              repository.fetch(repository.names(), TransferListener.NONE);
              Thread.sleep(50);
            }
            return repository;
          };
      for (Future<Object> done : threads.invokeAll(List.of(python, java, python))) {
        assertThat(done.get()).isNotNull();
      }
    } finally {
      threads.shutdownNow();
    }
    for (Map.Entry<String, byte[]> file : files.entrySet()) {
      assertThat(snapshot().resolve(file.getKey())).hasBinaryContent(file.getValue());
    }
    try (Stream<Path> blobs = Files.list(folder.resolve("hf/hub/models--org--name/blobs"))) {
      assertThat(blobs.map(blob -> blob.getFileName().toString()))
          .noneMatch(name -> name.endsWith(".incomplete"));
    }
  }
}
