package org.sparkfinetune.track;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sparkfinetune.UserException;
import org.sparkfinetune.storage.PrivateFiles.Readers;

/** Who may read a journal, and what is not written through. */
class JournalPrivacyTest {
  @TempDir Path folder;

  private Path journal;
  private Path victim;

  @BeforeEach
  void aFileOfSomebody() throws IOException {
    journal = folder.resolve("tracking");
    victim = Files.writeString(folder.resolve("victim"), "precious\nand long");
  }

  private void record(Readers readers) {
    try (Tracker tracker = Tracker.open(journal, readers, "", Optional.empty())) {
      tracker.startRun("a", "b", "", Map.of());
    }
  }

  private static String permissions(Path path) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
  }

  @Test
  void theUserAloneReadsItUnlessASettingSaysOtherwise() throws IOException {
    record(Readers.OWNER);
    assertThat(permissions(journal)).isEqualTo("rwx------");
    assertThat(permissions(journal.resolve("journal.jsonl"))).isEqualTo("rw-------");
    assertThat(permissions(journal.resolve("journal.lock"))).isEqualTo("rw-------");

    journal = folder.resolve("for all");
    record(Readers.ALL);
    assertThat(permissions(journal)).startsWith("rwx");
    assertThat(permissions(journal.resolve("journal.jsonl"))).startsWith("rw-r");
  }

  @ParameterizedTest
  @ValueSource(strings = {"journal.lock", "journal.jsonl"})
  void aLinkInThePlaceOfAFileIsNotFollowed(String name) throws IOException {
    Files.createDirectories(journal);
    Path link = journal.resolve(name);
    Files.createSymbolicLink(link, victim);
    assertRefused(name);
    Files.delete(link);
    Files.createSymbolicLink(link, folder.resolve("not there"));
    assertRefused(name);
    assertThat(folder.resolve("not there")).doesNotExist();
    Files.delete(link);
    Files.createLink(link, victim);
    assertRefused(name);
    assertThat(victim).hasContent("precious\nand long");
  }

  private void assertRefused(String name) {
    assertThatThrownBy(() -> record(Readers.OWNER))
        .isInstanceOf(UserException.class)
        .hasMessageContaining(name)
        .hasMessageContaining("link");
  }

  @Test
  void aFileThatIsNoLockIsLeftAsItIs() throws IOException {
    Files.createDirectories(journal);
    Files.writeString(journal.resolve("journal.lock"), "precious");
    assertThatThrownBy(() -> record(Readers.OWNER))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("is no lock of a journal, and is left as it is");
    assertThat(journal.resolve("journal.lock")).hasContent("precious");
  }

  @Test
  void whatIsTornGoesToAFileOfItsOwn() throws IOException {
    record(Readers.OWNER);
    Files.writeString(
        journal.resolve("journal.jsonl"), "torn", java.nio.file.StandardOpenOption.APPEND);
    Files.createSymbolicLink(journal.resolve("journal.torn-1"), folder.resolve("not there"));
    record(Readers.OWNER);
    assertThat(folder.resolve("not there")).doesNotExist();
    assertThat(journal.resolve("journal.torn-2")).hasContent("torn");
    assertThat(permissions(journal.resolve("journal.torn-2"))).isEqualTo("rw-------");
  }
}
