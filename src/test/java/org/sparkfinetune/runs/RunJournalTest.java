package org.sparkfinetune.runs;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sparkfinetune.UserException;
import org.sparkfinetune.jobs.TrackedTrainingTest;

/** Where the journals of outputs elsewhere are; {@link TrackedTrainingTest} has them written. */
class RunJournalTest {
  private static final String CACHE = "spark-finetune.cache.dir";

  @TempDir Path folder;
  private final String before = System.getProperty(CACHE);

  @BeforeEach
  void setCache() {
    System.setProperty(CACHE, folder.resolve("cache").toString());
  }

  @AfterEach
  void resetCache() {
    if (before == null) {
      System.clearProperty(CACHE);
    } else {
      System.setProperty(CACHE, before);
    }
  }

  @Test
  void eachOutputHasAJournalOfItsOwnThatNobodyElseMayWriteTo() throws Exception {
    Path one = RunJournal.folderOf("s3a://bucket/a/b");
    assertThat(one).isNotEqualTo(RunJournal.folderOf("s3a://bucket/a_b"));
    assertThat(one).isEqualTo(RunJournal.folderOf("s3a://bucket/a/b"));
    assertThat(one.getFileName().toString()).startsWith("s3a_bucket_a_b-");
    assertThat(
            PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.resolve("cache"))))
        .isEqualTo("rwx------");
  }

  @Test
  void aLongPathIsNoLongName() {
    Path place = RunJournal.folderOf("s3a://bucket/" + "long/".repeat(200));
    assertThat(place.getFileName().toString()).hasSizeLessThan(200);
  }

  @Test
  void aFolderOfSomebodyElseIsRefused() throws Exception {
    Files.createSymbolicLink(
        folder.resolve("cache"), Files.createDirectory(folder.resolve("another")));
    assertThatThrownBy(() -> RunJournal.folderOf("s3a://bucket/a"))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("is not a folder of the user")
        .hasMessageEndingWith("Or set tracking.journal to a folder on the driver's disk.");
  }
}
