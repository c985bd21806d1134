package org.sparkfinetune.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileSystem;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sparkfinetune.UserException;

@Timeout(value = 60, unit = TimeUnit.SECONDS, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
@Tag("slow")
class LocalChecksumsTest {
  /** Two checksums' worth to the byte. */
  private static final String TEXT = "0123456789abcdef".repeat(64);

  @TempDir Path folder;
  private Path file;
  private Path sums;
  private org.apache.hadoop.fs.Path path;
  private FileSystem files;

  @BeforeEach
  void write() throws IOException {
    files = FileSystem.getLocal(new Configuration(false));
    file = folder.resolve("a, b.json");
    sums = folder.resolve(".a, b.json.crc");
    path = new org.apache.hadoop.fs.Path(file.toString());
    try (OutputStream out = files.create(path)) {
      out.write(TEXT.getBytes(StandardCharsets.UTF_8));
    }
    assertThat(sums).exists();
  }

  @Test
  void whatNobodyChangedIsReadAsItIs() throws IOException {
    assertThat(text()).isEqualTo(TEXT);
    assertThat(data()).isEqualTo(TEXT);
    try (FSDataInputStream in = LocalChecksums.open(path, files)) {
      in.seek(1020);
      assertThat(in.getPos()).isEqualTo(1020);
      assertThat(new String(in.readAllBytes(), StandardCharsets.UTF_8)).isEqualTo("cdef");
      in.seek(17);
      assertThat(in.read()).isEqualTo('1');
    }
  }

  /** The last is a file that Hadoop itself would cut off where the checksums end. */
  @ParameterizedTest
  @ValueSource(strings = {"", "short", "X123456789abcdef", "longer"})
  void aTextIsReadAsItIsNowAndOtherDataIsDamaged(String change) throws IOException {
    String now =
        change.equals("longer") ? TEXT + "more" : change + TEXT.substring(change.length() * 2);
    now = change.isEmpty() ? "" : now;
    Files.writeString(file, now);

    assertThat(text()).isEqualTo(now);
    if (!now.startsWith(TEXT) && !now.isEmpty()) {
      assertThatThrownBy(this::data)
          .isInstanceOf(UserException.class)
          .hasMessage(
              path
                  + ": this file is damaged, or was changed after it was written: its content is"
                  + " not that of the checksums in .a, b.json.crc. Copy it again; if the change"
                  + " was meant, delete that file");
    }
    Files.delete(sums);
    assertThat(data()).isEqualTo(now);
  }

  /** Hadoop would allocate what the head names, or divide by it. */
  @ParameterizedTest
  @ValueSource(ints = {Integer.MAX_VALUE, 1 << 30, 0, -1, Integer.MIN_VALUE})
  void aChecksumFileThatMakesNoSenseIsAsNone(int bytesPerChecksum) throws IOException {
    byte[] hostile = Files.readAllBytes(sums);
    ByteBuffer.wrap(hostile).putInt(4, bytesPerChecksum);
    Files.write(sums, hostile);

    assertThat(text()).isEqualTo(TEXT);
    assertThat(data()).isEqualTo(TEXT);
    refusedForHadoop();
  }

  @Test
  void aChecksumFileNeedNotBeAFile() throws Exception {
    LocalChecksums.requireSound(path, files);
    Files.write(sums, new byte[3]);
    LocalChecksums.requireSound(path, files);
    assertThat(text() + data()).isEqualTo(TEXT + TEXT);
    Files.delete(sums);
    LocalChecksums.requireSound(path, files);
    Files.createDirectory(sums);
    LocalChecksums.requireSound(path, files);
    assertThat(text() + data()).isEqualTo(TEXT + TEXT);
    Files.delete(sums);
    Files.createSymbolicLink(sums, Path.of("/dev/zero"));
    assertThat(text() + data()).isEqualTo(TEXT + TEXT);
    Files.delete(sums);
    assertThat(new ProcessBuilder("mkfifo", sums.toString()).start().waitFor()).isZero();
    assertThat(text() + data()).isEqualTo(TEXT + TEXT);
    refusedForHadoop();
  }

  private void refusedForHadoop() {
    assertThatThrownBy(() -> LocalChecksums.requireSound(path, files))
        .isInstanceOf(UserException.class)
        .hasMessage(
            path
                + ": the file of its checksums, .a, b.json.crc, is none that Hadoop writes: delete"
                + " that file");
  }

  private String text() throws IOException {
    try (InputStream in = LocalChecksums.openText(path, files)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private String data() throws IOException {
    try (InputStream in = LocalChecksums.open(path, files)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
