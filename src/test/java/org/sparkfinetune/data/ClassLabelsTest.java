package org.sparkfinetune.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.sparkfinetune.data.HuggingFaceParquet.classLabel;
import static org.sparkfinetune.data.HuggingFaceParquet.feature;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.SparkSession;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sparkfinetune.TestSpark;
import org.sparkfinetune.UserException;
import org.sparkfinetune.config.Schema;
import org.sparkfinetune.task.ProblemType;

class ClassLabelsTest {
  @TempDir Path folder;

  @Test
  void aFeatureOfAColumnOrOfItsElementsNamesItsNumbers() throws IOException {
    String names = classLabel("neg", "pos");
    for (String feature :
        List.of(
            names,
            "[" + names + "]",
            "{\"feature\": " + names + ", \"length\": -1, \"_type\": \"Sequence\"}",
            "{\"feature\": " + names + ", \"_type\": \"List\"}",
            // As datasets 1 wrote it.
            "{\"num_classes\": 2, \"names\": [\"neg\", \"pos\"], \"names_file\": null, \"id\": null,"
                + " \"_type\": \"ClassLabel\"}")) {
      assertThat(names(write("names.parquet", feature(feature)))).contains(List.of("neg", "pos"));
    }
  }

  @Test
  void otherFilesNameNone() throws IOException {
    assertThat(names(write("none.parquet", Map.of()))).isEmpty();
    assertThat(names(write("other.parquet", Map.of("pandas", "{}")))).isEmpty();
    assertThat(
            names(write("value.parquet", feature("{\"dtype\": \"int64\", \"_type\": \"Value\"}"))))
        .isEmpty();
    assertThat(names(write("empty.parquet", Map.of("huggingface", "{}")))).isEmpty();
    assertThat(names(write("null.parquet", feature("{\"_type\":\"ClassLabel\",\"names\":null}"))))
        .isEmpty();
    assertThat(names(Files.writeString(folder.resolve("text.parquet"), "no Parquet file")))
        .isEmpty();
    assertThat(names(Files.writeString(folder.resolve("short.parquet"), "PAR1"))).isEmpty();
    assertThat(ClassLabels.of(new String[0], "label", new Configuration())).isEmpty();
  }

  @Test
  void filesThatDoNotAgreeAreRefusedByName() throws IOException {
    Path a = write("a.parquet", feature(classLabel("neg", "pos")));
    Path b = write("b.parquet", feature(classLabel("pos", "neg")));
    Path c = write("c.parquet", Map.of());
    assertThatThrownBy(() -> names(a, b))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "the files do not agree in the names of the labels in column label: in %s they are (neg,"
                + " pos), in %s (pos, neg); read them apart, or write them anew with the same names",
            "file:" + a, "file:" + b);
    assertThatThrownBy(() -> names(a, a, c))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("in file:" + c + " not named");
  }

  @Test
  void namesThatMakeNoSenseAreRefused() throws IOException {
    for (String feature :
        List.of(
            classLabel("a", "a"),
            classLabel("a", " "),
            "{\"names\": [1, 2], \"_type\": \"ClassLabel\"}",
            "{\"names\": \"a\", \"_type\": \"ClassLabel\"}")) {
      Path file = write("odd.parquet", feature(feature));
      assertThatThrownBy(() -> names(file))
          .isInstanceOf(UserException.class)
          .hasMessageStartingWith(
              "file:" + file + ": its metadata \"huggingface\" names the labels")
          .hasMessageEndingWith("expected different names, a string each");
    }
    for (String text : List.of("{", "[".repeat(100_000))) {
      Path file = write("json.parquet", Map.of("huggingface", text));
      assertThatThrownBy(() -> names(file))
          .isInstanceOf(UserException.class)
          .hasMessageContaining("\"huggingface\", which may name the labels, is no JSON: ");
    }
  }

  @Test
  void aFooterOutsideTheFileOrOfGarbageIsRefused() throws IOException {
    Path file = write("footer.parquet", feature(classLabel("neg", "pos")));
    long tail = Files.size(file) - 8;
    Files.delete(folder.resolve(".footer.parquet.crc"));
    for (int length : new int[] {-1, Integer.MAX_VALUE, (int) tail + 1}) {
      try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
        bytes.seek(tail);
        bytes.writeInt(Integer.reverseBytes(length));
      }
      assertThatThrownBy(() -> names(file))
          .isInstanceOf(UserException.class)
          .hasMessageContaining(file + ": its footer of ");
    }
    Path garbage = folder.resolve("garbage.parquet");
    byte[] bytes = new byte[100];
    Arrays.fill(bytes, (byte) 0xFF);
    System.arraycopy(new byte[] {90, 0, 0, 0, 'P', 'A', 'R', '1'}, 0, bytes, 92, 8);
    Files.write(garbage, bytes);
    assertThatThrownBy(() -> names(garbage))
        .isInstanceOf(UserException.class)
        .hasMessageContaining(garbage + ": its footer cannot be read");
  }

  @Test
  void labelsAreReadByNameInWhicheverOrderASplitNamesThem() throws IOException {
    String train =
        HuggingFaceParquet.write(
            folder.resolve("train.parquet"),
            feature(classLabel("neg", "pos")),
            0L,
            1L,
            -1L,
            null,
            1L);
    String test =
        HuggingFaceParquet.write(
            folder.resolve("test.parquet"),
            feature(classLabel("pos", "neg", "other")),
            0L,
            0L,
            1L,
            2L,
            7L);
    try (ExampleSplits data =
        prepare(Map.of("train", train, "test", test, "validation_split", 0))) {
      assertThat(data.labels().names()).containsExactly("neg", "pos");
      DataReport report = data.report();
      assertThat(report.split("train").orElseThrow().classes())
          .isEqualTo(Map.of("neg", 1L, "pos", 2L));
      assertThat(report.split("train").orElseThrow().rejected())
          .isEqualTo(Map.of(RejectReason.MISSING_LABEL, 2L));
      assertThat(report.split("test").orElseThrow().classes())
          .isEqualTo(Map.of("neg", 1L, "pos", 2L));
      assertThat(report.split("test").orElseThrow().rejected())
          .isEqualTo(Map.of(RejectReason.UNNAMED_LABEL, 1L, RejectReason.UNSEEN_LABEL, 1L));
      assertThat(report.notes())
          .containsExactly(
              "train: its files name the numbers of their labels (Hugging Face ClassLabel): 0 neg,"
                  + " 1 pos",
              "test: its files name the numbers of their labels (Hugging Face ClassLabel): 0 pos, 1"
                  + " neg, 2 other");
      assertThat(report.warnings())
          .hasSize(2)
          .contains("test has labels that training has not: \"other\" 1")
          .anyMatch(
              warning -> warning.startsWith("test: unnamed label: 1 rows, such as \"7\"; the"));
    }
    assertThatThrownBy(() -> prepare(Map.of("train", test)))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith(
            "data.train="
                + test
                + ": unnamed label: 1 rows, such as \"7\"; the Hugging Face metadata");
  }

  private ExampleSplits prepare(Map<String, ?> settings) {
    SparkSession session = TestSpark.session();
    return DatasetPreparation.prepare(
        session,
        Schema.of("data", DataArguments.class).create(settings),
        ProblemType.SINGLE_LABEL_CLASSIFICATION);
  }

  private Path write(String name, Map<String, String> metadata) throws IOException {
    Path file = folder.resolve(name);
    Files.deleteIfExists(file);
    Files.deleteIfExists(folder.resolve("." + name + ".crc"));
    return Path.of(HuggingFaceParquet.write(file, metadata, 0L));
  }

  private static Optional<List<String>> names(Path... files) {
    String[] uris =
        Arrays.stream(files).map(file -> file.toUri().toString()).toArray(String[]::new);
    return ClassLabels.of(uris, "label", new Configuration()).map(ClassLabels::names);
  }
}
