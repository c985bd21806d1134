package org.sparkfinetune.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sparkfinetune.TestSpark;
import org.sparkfinetune.UserException;
import org.sparkfinetune.hub.FakeHub;
import org.sparkfinetune.hub.TransferListener;
import org.sparkfinetune.task.ProblemType;

/** Rows of a hub: the Hub's conversion, and an author's own Parquet files. */
@Tag("slow")
class HubRowsTest {
  private static final String NAME = "datasets/org/texts";
  private static final String URI = "hf://datasets/org/texts";
  private static final String CONVERSION = "refs/convert/parquet";

  private final SparkSession spark = TestSpark.session();
  private final Configuration hadoop = new Configuration(false);
  private final Map<String, byte[]> files = new TreeMap<>();

  @TempDir Path folder;
  private FakeHub hub;

  @BeforeEach
  void start() throws IOException {
    hub = FakeHub.start();
    hadoop.set("HF_ENDPOINT", hub.endpoint());
    hadoop.set("HF_HOME", folder.resolve("hf").toString());
    files.put("default/train/0000.parquet", parquet("a", 0L, 1L, 0L));
    files.put("default/train/0001.parquet", parquet("b", 1L, 1L));
    files.put("default/dev/0000.parquet", parquet("c", 0L));
  }

  @AfterEach
  void stop() {
    hub.close();
  }

  private byte[] parquet(String name, Long... labels) throws IOException {
    Path file = folder.resolve(name + ".parquet");
    if (!Files.exists(file)) {
      HuggingFaceParquet.write(
          file,
          HuggingFaceParquet.feature(HuggingFaceParquet.classLabel("negative", "positive")),
          labels);
    }
    return Files.readAllBytes(file);
  }

  private HubRows fetch(String location, String split) {
    return HubRows.fetch(
            location,
            Optional.of(split).filter(name -> !name.isEmpty()),
            hadoop,
            TransferListener.NONE)
        .orElseThrow();
  }

  @Test
  void theSplitOfTheKeyIsTakenAndPinned() {
    String commit = hub.commit(NAME, CONVERSION, files);
    HubRows train = fetch(URI, Split.TRAIN);
    assertThat(train.pinned()).isEqualTo(URI + "@" + commit + "/default/train");
    assertThat(train.files()).hasSize(2).allMatch(Files::isRegularFile);
    assertThat(train.files().get(0).toString()).endsWith("default/train/0000.parquet");
    assertThat(fetch(URI, Split.VALIDATION).pinned()).endsWith("/default/dev");
    assertThat(fetch(URI + "/default/dev", Split.TRAIN).pinned()).endsWith("/default/dev");
    assertThatThrownBy(() -> fetch(URI, Split.TEST))
        .isInstanceOf(UserException.class)
        .hasMessage(
            URI
                + ": it has no split test: name one of dev, train behind it, as "
                + URI
                + "@"
                + CONVERSION
                + "/default/dev");
    assertThatThrownBy(() -> fetch(URI, ""))
        .hasMessageContaining("it has no split that is the only one: name one of dev, train");
    assertThat(HubRows.fetch("rows.csv", Optional.empty(), hadoop, TransferListener.NONE))
        .isEmpty();

    // What a record keeps means the same rows when the branch has moved, without being asked for.
    hub.commit(NAME, CONVERSION, Map.of("default/train/0000.parquet", new byte[] {1}));
    hub.forget();
    assertThat(fetch(train.pinned(), "")).isEqualTo(train);
    assertThat(hub.seen()).isEmpty();
  }

  @Test
  void severalConfigurationsAreTold() {
    files.put("en/test/0000.parquet", files.get("default/dev/0000.parquet"));
    files.keySet().removeIf(name -> name.startsWith("default/dev"));
    files.put("de/test/0000.parquet", files.remove("default/train/0001.parquet"));
    files.put("de/partial-train/0000.parquet", files.remove("default/train/0000.parquet"));
    hub.commit(NAME, CONVERSION, files);
    assertThatThrownBy(() -> fetch(URI, Split.TEST))
        .hasMessageContaining("it has several configurations: name one of them, as ")
        .hasMessageContaining("(it has de, en)");
    assertThat(fetch(URI + "/en", "").pinned()).endsWith("/en/test");
    assertThat(fetch(URI + "/de", Split.TRAIN).files()).hasSize(1);
    assertThatThrownBy(() -> fetch(URI + "/fr", Split.TEST))
        .hasMessageContaining("it has no configuration fr: expected one of de, en");
    assertThatThrownBy(() -> fetch(URI + "/de/dev", Split.TEST))
        .hasMessageContaining("it has no split dev in de: expected one of test, train");
  }

  @Test
  void anAuthorsOwnFilesAreReadAtTheirRevision() {
    Map<String, byte[]> own = new TreeMap<>();
    own.put("README.md", new byte[] {1});
    own.put("data/train-00000-of-00002.parquet", files.get("default/train/0000.parquet"));
    own.put("data/train-00001-of-00002-0af1.parquet", files.get("default/train/0001.parquet"));
    String commit = hub.commit(NAME, "main", own);
    assertThat(fetch(URI + "@main", Split.TRAIN).files()).hasSize(2);
    assertThat(fetch(URI + "@main", Split.TRAIN).pinned())
        .isEqualTo(URI + "@" + commit + "/default/train");
    own.remove("data/train-00001-of-00002-0af1.parquet");
    hub.commit(NAME, "main", own);
    assertThatThrownBy(() -> fetch(URI + "@main", Split.TRAIN))
        .hasMessageContaining("some files are missing (there are 1)");
    hub.commit(NAME, "csv", Map.of("train.csv", new byte[] {1}));
    assertThatThrownBy(() -> fetch(URI + "@csv", Split.TRAIN))
        .hasMessageContaining("it has no Parquet files at the revision csv");
    assertThatThrownBy(() -> fetch(URI, Split.TRAIN))
        .hasMessageContaining("there is no revision refs/convert/parquet of it");
    assertThatThrownBy(() -> fetch("hf://org/texts", Split.TRAIN))
        .hasMessage("hf://org/texts is a model: expected rows, as hf://datasets/org/texts");
  }

  /** A transfer that was cut must not pass for the whole when nobody can be asked. */
  @Test
  void aPartOfTheRowsIsNotTakenForAllOfThem() {
    hub.commit(NAME, CONVERSION, files);
    String first = FakeHub.sha256(files.get("default/train/0000.parquet"));
    hub.fail("GET /blobs/" + first, 9, FakeHub.status(403, "X", "x"));
    assertThatThrownBy(() -> fetch(URI, Split.TRAIN)).isInstanceOf(UserException.class);
    hadoop.set("HF_HUB_OFFLINE", "1");
    assertThatThrownBy(() -> fetch(URI, Split.TRAIN))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("some files are missing (there are 1)");
  }

  @Test
  void theRowsAreReadWithTheNamesOfTheirLabels() {
    String commit = hub.commit(NAME, CONVERSION, files);
    spark.conf().set("HF_ENDPOINT", hub.endpoint());
    spark.conf().set("HF_HOME", folder.resolve("hf").toString());
    try {
      DataArguments arguments =
          DataArguments.SCHEMA.create(
              Map.of("train", URI, "validation", URI + "@" + commit, "test_split", 0.0));
      try (ExampleSplits data =
          DatasetPreparation.prepare(spark, arguments, ProblemType.SINGLE_LABEL_CLASSIFICATION)) {
        assertThat(data.labels().names()).containsExactly("negative", "positive");
        assertThat(data.train().count()).isEqualTo(5);
        assertThat(data.validation().orElseThrow().count()).isEqualTo(1);
      }
      // A folder that all executors reach has a copy, which is made once.
      Path shared = folder.resolve("shared");
      spark.conf().set(HubFiles.SHARED, shared.toUri().toString());
      for (int i = 0; i < 2; i++) {
        Dataset<Row> rows = DatasetReader.read(spark, URI + "/default/train", "auto");
        assertThat(rows.count()).isEqualTo(5);
        assertThat(List.of(rows.inputFiles()))
            .hasSize(2)
            .allMatch(file -> file.contains(shared + "/datasets--org--texts--"));
      }
      assertThatThrownBy(() -> DatasetReader.read(spark, URI + "/default/train", "csv"))
          .hasMessageContaining("data.format=csv is not what the Hub has");
    } finally {
      List.of("HF_ENDPOINT", "HF_HOME", HubFiles.SHARED).forEach(spark.conf()::unset);
    }
  }
}
