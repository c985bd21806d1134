package org.sparkfinetune.model.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sparkfinetune.UserException;
import org.sparkfinetune.hub.FakeHub;

/** Models of a hub, by the names that users give. */
class HubModelResolverTest {
  private static final Path CLASSIFIER = Fixtures.path("tiny-bert-classifier").toAbsolutePath();
  private static final byte[] OTHER = "not for us".getBytes(StandardCharsets.UTF_8);

  /** A vocabulary beside tokenizer.json is not read. */
  private static final List<String> NEEDED =
      List.of(
          "config.json",
          "model.safetensors",
          "special_tokens_map.json",
          "tokenizer.json",
          "tokenizer_config.json");

  @TempDir Path home;
  private FakeHub hub;
  private String commit;
  private final Configuration hadoop = new Configuration(false);
  private final Map<String, byte[]> files = new TreeMap<>();

  @BeforeEach
  void start() throws IOException {
    hub = FakeHub.start();
    files.putAll(FakeHub.files(CLASSIFIER));
    files.put("tf_model.h5", OTHER);
    files.put("pytorch_model.bin", OTHER);
    files.put("onnx/model.onnx", OTHER);
    files.put("README.md", OTHER);
    commit = hub.commit("org/name", "main", files);
    hadoop.set("HF_ENDPOINT", hub.endpoint());
    hadoop.set("HF_HOME", home.toString());
  }

  @AfterEach
  void stop() {
    hub.close();
  }

  private static List<String> names(Path folder) throws IOException {
    try (Stream<Path> found = Files.walk(folder)) {
      return found
          .filter(Files::isRegularFile)
          .map(file -> folder.relativize(file).toString())
          .sorted()
          .toList();
    }
  }

  @Test
  void anIdIsFetchedWithTheFilesThatAreNeededAlone() throws IOException {
    for (String name : new String[] {"org/name", "hf://org/name", "hf://org/name@main"}) {
      PretrainedModel model = PretrainedModel.open(name, hadoop);
      assertThat(model.name()).isEqualTo(name);
      assertThat(model.pinnedName()).isEqualTo("hf://org/name@" + commit);
      assertThat(model.config()).contains("\"bert\"");
      try (TensorSource weights = model.openWeights()) {
        assertThat(weights.tensors()).isNotEmpty();
      }
    }
    List<String> asked = hub.paths(false, "HEAD");
    assertThat(asked).allMatch(path -> path.contains("/resolve/" + commit + "/"));
    assertThat(asked.stream().map(path -> path.replaceFirst(".*/", "")).sorted())
        .containsExactlyElementsOf(NEEDED);
  }

  @Test
  void aPathThatIsThereWinsOverABareIdAndAUriIsAlwaysAnId() throws IOException {
    // A name with one slash that is a path from where this process runs.
    Path there = Path.of("target", "path-that-wins-" + home.getFileName());
    org.apache.commons.io.FileUtils.copyDirectory(CLASSIFIER.toFile(), there.toFile());
    try {
      String name = there.toString();
      hub.commit(name, "main", files);
      hub.forget();
      assertThat(PretrainedModel.open(name, hadoop).fetchedFolder()).isEmpty();
      assertThat(hub.seen()).isEmpty();
      assertThat(PretrainedModel.open("hf://" + name, hadoop).fetchedFolder()).isPresent();
    } finally {
      org.apache.commons.io.FileUtils.deleteDirectory(there.toFile());
    }
  }

  @Test
  void aCommitThatIsWholeIsAskedForNoMore() {
    String pinned = "hf://org/name@" + commit;
    PretrainedModel.open("org/name", hadoop);
    hub.forget();
    assertThat(PretrainedModel.open(pinned, hadoop).pinnedName()).isEqualTo(pinned);
    assertThat(hub.seen()).isEmpty();
    // One that Python has fetched a part of is not taken for whole.
    String other = hub.commit("org/other", "main", files);
    hadoop.set("HF_HOME", home.resolve("other").toString());
    PretrainedModel.open("hf://org/other@" + other, hadoop);
    assertThat(hub.seen()).isNotEmpty();
  }

  @Test
  void executorsAreSentNothingThatPythonFetchedBeside() throws IOException {
    PretrainedModel.open("org/name", hadoop);
    Path snapshot = home.resolve("hub/models--org--name/snapshots").resolve(commit);
    Files.write(snapshot.resolve("tf_model.h5"), OTHER);
    for (String offline : new String[] {"0", "1"}) {
      hadoop.set("HF_HUB_OFFLINE", offline);
      Path folder = PretrainedModel.open("org/name", hadoop).fetchedFolder().orElseThrow();
      assertThat(names(folder)).containsExactlyElementsOf(NEEDED);
    }
  }

  @Test
  void shardsAreFetchedByTheirIndex() throws IOException {
    Map<String, byte[]> sharded = FakeHub.files(Fixtures.path("sharded"));
    sharded.put("tokenizer.json", files.get("tokenizer.json"));
    sharded.put("model-00009-of-00009.safetensors", OTHER);
    hub.commit("org/sharded", "main", sharded);
    PretrainedModel model = PretrainedModel.open("org/sharded", hadoop);
    try (TensorSource weights = model.openWeights()) {
      assertThat(weights.tensors()).isNotEmpty();
    }
    assertThat(hub.paths(false, "HEAD"))
        .anyMatch(path -> path.endsWith("model.safetensors.index.json"))
        .noneMatch(path -> path.endsWith("model-00009-of-00009.safetensors"));

    sharded.keySet().removeIf(name -> name.matches("model-00001.*"));
    hub.commit("org/sharded", "main", sharded);
    assertThatThrownBy(() -> PretrainedModel.open("org/sharded", hadoop))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("model.safetensors.index.json names a shard model-00001");
  }

  @Test
  void whatCannotBeReadIsTold() {
    hub.commit("org/tf", "main", Map.of("config.json", OTHER, "tf_model.h5", OTHER));
    assertThatThrownBy(() -> PretrainedModel.open("hf://org/tf", hadoop))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith("hf://org/tf: it has no weights that are read: expected one of ")
        .hasMessageEndingWith("; it has config.json, tf_model.h5");
    assertThatThrownBy(() -> PretrainedModel.open("org/nmae", hadoop))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith(
            "org/nmae (no file or folder here, so an id of the Hugging Face hub): there is no"
                + " such model at "
                + hub.endpoint());
    assertThatThrownBy(() -> PretrainedModel.open("hf://datasets/org/name", hadoop))
        .isInstanceOf(UserException.class)
        .hasMessage("hf://datasets/org/name: expected a model's id, as hf://ORG/NAME");
  }

  @Test
  void namesForStrangersKeepWhatTheHubCallsIt() {
    String pinned = "hf://org/name@" + commit;
    assertThat(ModelNames.hubName(pinned)).contains("org/name");
    assertThat(ModelNames.hubRevision(pinned)).contains(commit);
    assertThat(ModelNames.hubRevision("hf://org/name")).isEmpty();
    assertThat(ModelNames.lastPart(pinned)).isEqualTo(pinned);
    assertThat(ModelNames.lastWord(pinned)).isEqualTo("name");
    assertThat(ModelNames.lastWord("hf://bert@v2")).isEqualTo("bert");
    assertThat(ModelNames.lastWord("s3a://models/bert@home/")).isEqualTo("bert@home");
    assertThat(ModelNames.lastPart("hf://datasets/org/name")).isEqualTo("hf://datasets/org/name");
  }

  /** As peft has it; another's path stays out of it. */
  @Test
  void anAdaptersBaseIsNamedWithItsRevision() {
    AdapterFiles adapter =
        new AdapterFiles(
            "{\"base_model_name_or_path\": \"org/name\"}", SafetensorsWriter.bytes(Map.of()));
    assertThat(adapter.withBase("hf://org/name@" + commit).withoutPaths().config())
        .contains("\"org/name\"")
        .contains("\"revision\" : \"" + commit + "\"");
    assertThat(adapter.withoutPaths().config()).doesNotContain("org/");
  }

  @Test
  void theEnvironmentIsReadWhereTheSessionSaysNothing() {
    Configuration session = new Configuration(false);
    Map<String, String> environment =
        Map.of("HF_ENDPOINT", hub.endpoint(), "HF_HOME", home.resolve("env").toString());
    Path folder =
        new HubModelResolver(environment)
            .resolve("org/name", session, org.sparkfinetune.hub.TransferListener.NONE);
    assertThat(folder.getFileName()).hasToString(commit);
    assertThat(home.resolve("env/hub/models--org--name")).isDirectory();
  }
}
