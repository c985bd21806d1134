package org.sparkfinetune.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sparkfinetune.UserException;
import org.sparkfinetune.model.io.ByteSource;
import org.sparkfinetune.model.io.Fixtures;

@Timeout(value = 20, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("slow")
class HadoopFilesTest {
  private static final Configuration HADOOP = new Configuration(false);

  @TempDir private Path folder;

  @Test
  void readsATextThatIsJustSmallEnough() throws IOException {
    Path file = Files.writeString(folder.resolve("vocab.txt"), "größe");
    assertThat(HadoopFiles.readText(Fixtures.hadoop(file), 7, HADOOP)).isEqualTo("größe");
    assertThatThrownBy(() -> HadoopFiles.readText(Fixtures.hadoop(file), 6, HADOOP))
        .isInstanceOf(UserException.class)
        .hasMessageEndingWith(
            "vocab.txt: it has 7 bytes, and a file of this kind has at most 6. It is damaged, or"
                + " another file under this name: copy it again.");
    assertThatThrownBy(() -> HadoopFiles.readText(Fixtures.hadoop(folder.resolve("no")), 6, HADOOP))
        .isInstanceOf(FileNotFoundException.class);
  }

  /** A link leads out of the folder, as links into a cache do: what is there decides. */
  @ParameterizedTest
  @ValueSource(strings = {"config.json", "tokenizer.json", "model.safetensors.index.json"})
  void aFileWithoutEndAndAPipeAreRefusedUnread(String name) throws Exception {
    Path link = Files.createSymbolicLink(folder.resolve(name), Path.of("/dev/zero"));
    refused(link, "this is a device, pipe or socket; expected a plain file.");
    Files.delete(link);
    assertThat(new ProcessBuilder("mkfifo", link.toString()).start().waitFor()).isZero();
    refused(link, "this is a device, pipe or socket; expected a plain file.");
    Files.delete(link);
    Files.createDirectory(link);
    refused(link, "this is a folder; expected a file.");
  }

  private static void refused(Path file, String why) {
    assertThatThrownBy(() -> HadoopFiles.readText(Fixtures.hadoop(file), HADOOP))
        .isInstanceOf(UserException.class)
        .hasMessage(Fixtures.hadoop(file) + ": " + why);
    assertThatThrownBy(() -> ByteSource.file(Fixtures.hadoop(file), HADOOP))
        .isInstanceOf(UserException.class)
        .hasMessage(Fixtures.hadoop(file) + ": " + why);
  }

  @Test
  void ofASparseFileOfGigabytesNothingIsRead() throws IOException {
    Path file = folder.resolve("config.json");
    try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
      sparse.setLength(3L << 30);
    }
    assertThatThrownBy(() -> HadoopFiles.readText(Fixtures.hadoop(file), HADOOP))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("it has 3221225472 bytes");
  }
}
