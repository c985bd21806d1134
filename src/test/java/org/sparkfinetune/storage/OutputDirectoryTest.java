package org.sparkfinetune.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sparkfinetune.UserException;

class OutputDirectoryTest {
  private static final List<String> OWNED = List.of("model", "metrics.json");

  @TempDir Path folder;

  private OutputDirectory open(boolean overwrite) throws IOException {
    return OutputDirectory.open(folder.toString(), overwrite, OWNED, new Configuration());
  }

  @Test
  void refusesAFolderThatHoldsSomething() throws IOException {
    Files.writeString(folder.resolve("notes.txt"), "mine");

    assertThatThrownBy(() -> open(false))
        .isInstanceOf(UserException.class)
        .hasMessage("output=" + folder + " is not empty: choose another, or set overwrite=true");
  }

  @Test
  void aLocalFolderStaysOneWhereOtherPathsAreOnHdfs() throws IOException {
    Configuration cluster = new Configuration();
    cluster.set("fs.defaultFS", "hdfs://namenode:8020");

    OutputDirectory output = OutputDirectory.open(folder.toUri().toString(), false, OWNED, cluster);

    assertThat(new org.apache.hadoop.fs.Path(output.path("model")).getFileSystem(cluster).getUri())
        .hasScheme("file");
    assertThat(output.local("model")).contains(folder.resolve("model"));
    assertThat(open(false).path("model")).isEqualTo(folder.resolve("model").toString());
  }

  /** Before it trains. */
  @Test
  void refusesWhatIsNoPathToWriteTo() {
    for (String path : List.of("nowhere:x", "runs/${user.name}", " ")) {
      assertThatThrownBy(() -> OutputDirectory.open(path, true, OWNED, new Configuration()))
          .isInstanceOf(UserException.class)
          .hasMessageStartingWith("output=" + path);
      assertThatThrownBy(() -> OutputDirectory.checkDataSet(path, true, new Configuration()))
          .isInstanceOf(UserException.class);
      assertThatThrownBy(() -> AtomicDirectory.open(path, new Configuration()))
          .isInstanceOf(UserException.class);
    }
  }

  @Test
  void replacesWhatTheJobWritesAndNothingElse() throws IOException {
    Files.writeString(folder.resolve("notes.txt"), "mine");
    Files.writeString(folder.resolve("metrics.json"), "old");
    Files.createDirectories(folder.resolve("model/metadata"));

    open(true).clear(OWNED);

    assertThat(folder.resolve("notes.txt")).exists();
    assertThat(folder.resolve("metrics.json")).doesNotExist();
    assertThat(folder.resolve("model")).doesNotExist();
  }

  @Test
  void leavesAFolderOfTheUsersWithTheSameName() throws IOException {
    Files.createDirectories(folder.resolve("model"));
    Files.writeString(folder.resolve("model/thesis.tex"), "mine");

    assertThatThrownBy(() -> open(true))
        .isInstanceOf(UserException.class)
        .hasMessage(
            folder.resolve("model")
                + " was not written by this job: move it away, or choose another output");
  }

  @Test
  void refusesAFile() throws IOException {
    Path file = Files.writeString(folder.resolve("out"), "");
    assertThatThrownBy(
            () -> OutputDirectory.open(file.toString(), true, OWNED, new Configuration()))
        .isInstanceOf(UserException.class)
        .hasMessage("output=" + file + " is a file: expected a folder to write to");
  }

  @Test
  void createsMissingFoldersAndWritesValidJson() throws IOException {
    Map<String, Double> numbers = new LinkedHashMap<>();
    numbers.put("eval_accuracy", 0.925);
    numbers.put("steps", 120.0);
    numbers.put("loss", Double.NaN);

    OutputDirectory output =
        OutputDirectory.open(folder.resolve("a b/c").toString(), false, OWNED, new Configuration());
    output.writeJson("metrics.json", numbers);
    output.writeJson("log.json", List.of(Map.of("step", 10.0)));

    assertThat(output.path("metrics.json")).isEqualTo(folder + "/a b/c/metrics.json");
    assertThat(folder.resolve("a b/c/metrics.json"))
        .hasContent("{\n  \"eval_accuracy\" : 0.925,\n  \"steps\" : 120,\n  \"loss\" : null\n}\n");
    assertThat(folder.resolve("a b/c/log.json")).hasContent("[ {\n  \"step\" : 10\n} ]\n");
  }

  @Test
  void dataSetIsNotWrittenOverOtherFiles() throws IOException {
    Configuration hadoop = new Configuration();
    String path = folder.resolve("rows").toString();
    OutputDirectory.checkDataSet(path, false, hadoop);
    Files.createDirectories(folder.resolve("rows"));
    OutputDirectory.checkDataSet(path, false, hadoop);
    Files.writeString(folder.resolve("rows/part-00000.csv"), "");

    OutputDirectory.checkDataSet(path, true, hadoop);
    assertThatThrownBy(() -> OutputDirectory.checkDataSet(path, false, hadoop))
        .isInstanceOf(UserException.class)
        .hasMessage("output=" + path + " exists: choose another, or set overwrite=true");
    Files.writeString(folder.resolve("rows/thesis.tex"), "mine");
    assertThatThrownBy(() -> OutputDirectory.checkDataSet(path, true, hadoop))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("holds other files than rows");
  }
}
