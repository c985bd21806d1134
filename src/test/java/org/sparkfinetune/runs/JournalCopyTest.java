package org.sparkfinetune.runs;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.commons.io.FileUtils;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sparkfinetune.storage.PrivateFiles.Readers;
import org.sparkfinetune.track.JournalReader;
import org.sparkfinetune.track.RunSnapshot;
import org.sparkfinetune.track.Tracker;

class JournalCopyTest {
  private static final Configuration HADOOP = new Configuration(false);

  @TempDir Path folder;

  private Path here(String driver) {
    return folder.resolve(driver);
  }

  private Path there() {
    return folder.resolve("output/tracking");
  }

  private JournalCopy copy(String driver) {
    return new JournalCopy(
        here(driver), Readers.OWNER, new org.apache.hadoop.fs.Path(there().toUri()), HADOOP);
  }

  /** As a job does it: the names of the runs that it found. */
  private List<String> job(String driver, String run, boolean isEnded) {
    JournalCopy copy = copy(driver);
    copy.fetch();
    List<String> found = runs(here(driver));
    try (Tracker tracker = Tracker.open(here(driver), "", Optional.empty())) {
      tracker.startRun(run, "e", "", Map.of());
    }
    if (isEnded) {
      copy.keep(Duration.ofSeconds(20));
    } else {
      copy.keep();
    }
    return found;
  }

  private static List<String> runs(Path journals) {
    return JournalReader.runs(new org.apache.hadoop.fs.Path(journals.toUri()), HADOOP).stream()
        .map(RunSnapshot::name)
        .toList();
  }

  @Test
  void anotherDriverGoesOnWithTheCopy() throws Exception {
    Files.createDirectories(here("one").resolve("models/a"));
    Files.writeString(here("one").resolve("models/a/m"), "weights");
    assertThat(job("one", "first", true)).isEmpty();
    assertThat(job("two", "second", false)).containsExactly("first");
    assertThat(here("two").resolve("models/a/m")).hasContent("weights");
    // What was fetched elsewhere has gone on meanwhile.
    assertThat(job("one", "third", false)).containsExactly("first", "second");
    assertThat(runs(there())).containsExactly("first", "second", "third");
    assertThat(there().resolve("journal.lock")).doesNotExist();
  }

  @Test
  void theNewerOneIsKeptWhereAProcessWasKilled() throws Exception {
    job("one", "first", false);
    try (Tracker tracker = Tracker.open(here("one"), "", Optional.empty())) {
      tracker.startRun("killed", "e", "", Map.of());
    }
    assertThat(job("one", "third", false)).containsExactly("first", "killed");
  }

  @Test
  void aJournalOfAnotherJobIsSetAside() throws Exception {
    job("one", "first", false);
    FileUtils.deleteDirectory(here("one").toFile());
    try (Tracker tracker = Tracker.open(here("one"), "", Optional.empty())) {
      tracker.startRun("another", "e", "", Map.of());
    }
    assertThat(job("one", "second", false)).containsExactly("another");
    assertThat(runs(there())).containsExactly("first", "another", "second");
    assertThat(runs(there().resolve("earlier-1"))).containsExactly("first");
    assertThat(job("two", "third", false)).containsExactly("another", "second");
  }

  @Test
  void aJournalInTheOutputItselfIsLeftAlone() throws Exception {
    Files.createDirectories(there());
    Files.writeString(there().resolve(Tracker.JOURNAL), "x");
    JournalCopy none =
        new JournalCopy(
            there(), Readers.OWNER, new org.apache.hadoop.fs.Path(there().toUri()), HADOOP);
    none.fetch();
    none.keep();
    none.keep(Duration.ofSeconds(1));
    try (var files = Files.list(there())) {
      assertThat(files).containsExactly(there().resolve(Tracker.JOURNAL));
    }
  }
}
