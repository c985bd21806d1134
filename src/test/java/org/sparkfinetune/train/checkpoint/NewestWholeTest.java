package org.sparkfinetune.train.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.sparkfinetune.UserException;

class NewestWholeTest {
  @TempDir private Path temporary;
  private final List<String> passedOver = new ArrayList<>();

  @ParameterizedTest
  @ValueSource(strings = {"", "file://", "remote://"})
  void readsBackTheNewestOnAnyFileSystem(String scheme) throws IOException {
    CheckpointStore store =
        new CheckpointStore(scheme + temporary + "/not/yet there", Checkpoints.hadoop());
    assertThat(store.newestWhole(passedOver::add)).isEmpty();
    for (int step : new int[] {9, 0, 10}) {
      store.write(step, Checkpoints.files(step));
    }
    StoredCheckpoint checkpoint = store.newestWhole(passedOver::add).orElseThrow();
    assertThat(passedOver).isEmpty();
    assertThat(checkpoint.step()).isEqualTo(10);
    assertThat(checkpoint.names()).containsExactly("weights.bin", "state.txt");
    assertThat(checkpoint.has("state.txt")).isTrue();
    assertThat(checkpoint.has("manifest.json")).isFalse();
    assertThat(checkpoint.size("weights.bin")).isEqualTo(100_000);
    assertThat(Checkpoints.isIntact(checkpoint, 100_000)).isTrue();
    assertThatThrownBy(() -> checkpoint.open("no"))
        .isInstanceOf(NoSuchElementException.class)
        .hasMessageEndingWith("checkpoint-10 has no file 'no'; it has [weights.bin, state.txt]");
    assertThat(Checkpoints.names(temporary.resolve("not/yet there/checkpoint-10")))
        .containsExactly("manifest.json", "spark-finetune-checkpoint", "state.txt", "weights.bin");
  }

  @ParameterizedTest
  @ValueSource(strings = {"with space", "100%25", "a#b?c", "[x]*{y}", "größe-数据", "a:b", "x+y&z=;"})
  void worksInFoldersOfOddNames(String name) throws IOException {
    Path folder = temporary.resolve(name);
    CheckpointStore store = Checkpoints.local(folder);
    store.write(1, Checkpoints.files(1));
    store.write(2, Checkpoints.files(2));
    store.prune(1, OptionalInt.empty());
    assertThat(Checkpoints.names(folder)).containsExactly("checkpoint-2");
    assertThat(Checkpoints.isIntact(newest(folder).orElseThrow(), 100_000)).isTrue();
  }

  @Test
  void aManifestHoldsSizesAndChecksumsThatOtherToolsCompute() throws IOException {
    // 0xe3069283 is the check value of CRC-32C for "123456789".
    Checkpoints.local(temporary)
        .write(3, Map.of("nine", out -> out.write("123456789".getBytes("US-ASCII"))));
    assertThat(temporary.resolve("checkpoint-3/manifest.json"))
        .content()
        .isEqualToIgnoringWhitespace(
            "{\"format_version\":1,\"step\":3,"
                + "\"files\":{\"nine\":{\"size\":9,\"crc32c\":\"e3069283\"}}}");
  }

  @Test
  void anEmptyFileAndAnEmptyCheckpointAreWhole() throws IOException {
    CheckpointStore store = Checkpoints.local(temporary);
    store.write(1, Map.of());
    assertThat(newest(temporary).orElseThrow().names()).isEmpty();
    store.write(2, Map.of("empty", out -> {}));
    assertThat(Checkpoints.read(newest(temporary).orElseThrow(), "empty")).isEmpty();
    assertThat(passedOver).isEmpty();
  }

  @Test
  void contentThatClosesTheStreamIsSummedAllTheSame() throws IOException {
    Checkpoints.local(temporary)
        .write(
            1,
            Map.of(
                "closed",
                out -> {
                  out.write(7);
                  out.close();
                }));
    assertThat(Checkpoints.read(newest(temporary).orElseThrow(), "closed")).containsExactly(7);
  }

  @Test
  void withoutAManifestThereIsNoCheckpoint() throws IOException {
    write(1, 2);
    Files.delete(file(2, "manifest.json"));
    expectNewest(
        1, file(2) + " is passed over: it has no manifest.json: its write was interrupted.");
  }

  @Test
  void anotherProgramsCheckpointIsCalledThat() throws IOException {
    write(1);
    Files.createDirectory(file(2));
    Files.write(file(2).resolve("pytorch_model.bin"), new byte[3]);
    expectNewest(
        1,
        file(2)
            + " is passed over: it has no manifest.json and was not written by spark-finetune.");
  }

  @Test
  void aTruncatedFileIsFoundByItsSize() throws IOException {
    write(1, 2);
    Files.write(file(2).resolve("weights.bin"), new byte[99_999]);
    expectNewest(
        1,
        file(2) + " is passed over: file weights.bin has 99999 bytes, the manifest says 100000.");
  }

  @ParameterizedTest
  @ValueSource(strings = {"manifest.json", "weights.bin"})
  void aDeviceInAFilesPlaceIsNotRead(String name) throws IOException {
    write(1, 2);
    Files.delete(file(2).resolve(name));
    Files.createSymbolicLink(file(2).resolve(name), Path.of("/dev/zero"));
    expectNewest(
        1,
        file(2)
            + " is passed over: "
            + file(2).resolve(name)
            + ": this is a device, pipe or socket; expected a plain file.");
  }

  @Test
  void aManifestOfGigabytesIsNotRead() throws IOException {
    write(1, 2);
    try (RandomAccessFile manifest =
        new RandomAccessFile(file(2).resolve("manifest.json").toFile(), "rw")) {
      manifest.setLength(3L << 30);
    }
    assertThat(newest(temporary).orElseThrow().step()).isEqualTo(1);
    assertThat(passedOver).singleElement().asString().contains("it has 3221225472 bytes");
  }

  @Test
  void aMissingFileIsNamed() throws IOException {
    write(1, 2);
    Files.delete(file(2).resolve("state.txt"));
    expectNewest(1, file(2) + " is passed over: file state.txt is missing.");
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 50_000, 99_999})
  void aFlippedBitIsFoundByItsChecksum(int position) throws IOException {
    write(1, 2);
    Path file = file(2).resolve("weights.bin");
    byte[] bytes = Files.readAllBytes(file);
    bytes[position] ^= 4;
    Files.write(file, bytes);
    Optional<StoredCheckpoint> newest = newest(temporary);
    assertThat(newest.orElseThrow().step()).isEqualTo(1);
    assertThat(passedOver)
        .singleElement()
        .asString()
        .matches(
            Pattern.quote(file(2).toString())
                + " is passed over: the checksum of weights.bin is [0-9a-f]{8}, the manifest says"
                + " [0-9a-f]{8}\\.");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{'format_version':1,'st | manifest.json is not JSON (Unexpected end-of-input",
        "`` | manifest.json is not a JSON object: its write was interrupted.",
        "[] | manifest.json is not a JSON object: its write was interrupted.",
        "{'format_version':1} x | manifest.json is not JSON (Unrecognized token 'x'",
        "{'format_version':2,'new':1} | manifest.json has the format version 2; this release knows"
            + " 1: another release wrote it.",
        "{'step':2,'files':{}} | manifest.json lacks format_version, step or files.",
        "{'format_version':1,'step':3,'files':{}} | manifest.json is of step 3, the folder is not.",
        "{'format_version':1,'step':2,'files':{'../up':{'size':1,'crc32c':'00000000'}}}"
            + " | manifest.json says '../up': {`size`:1,`crc32c`:`00000000`}, which is no file.",
        "{'format_version':1,'step':2,'files':{'a':{'size':'1'}}} | manifest.json says 'a':",
      })
  void aManifestThatLiesIsPassedOver(String manifest, String why) throws IOException {
    write(1, 2);
    Files.writeString(file(2, "manifest.json"), manifest.replace('\'', '"'));
    assertThat(newest(temporary).orElseThrow().step()).isEqualTo(1);
    assertThat(passedOver)
        .singleElement()
        .asString()
        .startsWith(file(2) + " is passed over: " + why.replace('`', '"'))
        .doesNotContain("\n")
        .endsWith(".");
  }

  @Test
  void twoDamagedOnesArePassedOverNewestFirst() throws IOException {
    write(1, 2, 3);
    Files.delete(file(2, "manifest.json"));
    Files.write(file(3).resolve("state.txt"), new byte[0]);
    expectNewest(
        1,
        file(3) + " is passed over: file state.txt has 0 bytes, the manifest says 1.",
        file(2) + " is passed over: it has no manifest.json: its write was interrupted.");
  }

  @Test
  void whereNoneIsWholeThereIsNone() throws IOException {
    write(1, 2);
    Files.delete(file(1, "manifest.json"));
    Files.delete(file(2, "manifest.json"));
    assertThat(newest(temporary)).isEmpty();
    assertThat(passedOver).hasSize(2);
  }

  @Test
  void otherNamesAreNoCheckpoints() throws IOException {
    write(7);
    for (String other :
        List.of("checkpoint-08", "checkpoint-9x", "checkpoint-99999999999", "x-9")) {
      Files.createDirectory(temporary.resolve(other));
    }
    Files.createFile(temporary.resolve("checkpoint-8"));
    expectNewest(7);
  }

  @Test
  void aFileInTheFoldersWayIsTheUsersToMove() throws IOException {
    Path file = Files.createFile(temporary.resolve("file"));
    for (Path folder : List.of(file, file.resolve("below"))) {
      CheckpointStore store = Checkpoints.local(folder);
      String message =
          folder
              + ": "
              + (folder.equals(file) ? "this" : file)
              + " is a file; expected a folder for checkpoints. Name another, or move the file"
              + " away.";
      assertThatThrownBy(() -> store.newestWhole(passedOver::add))
          .isInstanceOf(UserException.class)
          .hasMessage(message);
      assertThatThrownBy(() -> store.write(1, Checkpoints.files(1)))
          .isInstanceOf(UserException.class)
          .hasMessage(message);
    }
  }

  @Test
  void aFolderOnNoKnownFileSystemIsRefusedAtOnce() {
    assertThatThrownBy(() -> new CheckpointStore("nofs://host/x", Checkpoints.hadoop()))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "'nofs://host/x' cannot be a folder of checkpoints (No FileSystem for scheme"
                + " \"nofs\"); expected a path on a file system that Hadoop is set up for.");
    assertThatThrownBy(() -> new CheckpointStore("", Checkpoints.hadoop()))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith("'' cannot be a folder of checkpoints (");
  }

  @Test
  void aFileThatChangesAfterItWasFoundWholeFailsTheRead() throws IOException {
    write(1);
    StoredCheckpoint checkpoint = newest(temporary).orElseThrow();
    Path file = file(1).resolve("weights.bin");
    byte[] bytes = Files.readAllBytes(file);
    bytes[5]++;
    Files.write(file, bytes);
    try (InputStream in = checkpoint.open("weights.bin")) {
      in.skipNBytes(99_999);
      assertThatThrownBy(in::read)
          .isInstanceOf(IOException.class)
          .hasMessageStartingWith("the checksum of weights.bin is ");
    }
    Files.write(file, new byte[3]);
    try (InputStream in = checkpoint.open("weights.bin")) {
      assertThatThrownBy(in::readAllBytes)
          .isInstanceOf(IOException.class)
          .hasMessage("file weights.bin has 3 bytes, the manifest says 100000");
    }
  }

  private void write(int... steps) {
    CheckpointStore store = Checkpoints.local(temporary);
    for (int step : steps) {
      store.write(step, Checkpoints.files(step));
    }
  }

  private Path file(int step) {
    return temporary.resolve("checkpoint-" + step);
  }

  private Path file(int step, String name) {
    return file(step).resolve(name);
  }

  private Optional<StoredCheckpoint> newest(Path folder) {
    return Checkpoints.local(folder).newestWhole(passedOver::add);
  }

  private void expectNewest(int step, String... lines) throws IOException {
    StoredCheckpoint newest = newest(temporary).orElseThrow();
    assertThat(newest.step()).isEqualTo(step);
    assertThat(Checkpoints.isIntact(newest, 100_000)).isTrue();
    assertThat(passedOver).containsExactly(lines);
  }
}
