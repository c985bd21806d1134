package org.sparkfinetune.jobs;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sparkfinetune.ChildJvm;
import org.sparkfinetune.track.RunHandle;
import org.sparkfinetune.track.RunStatus;
import org.sparkfinetune.track.Tracker;

/**
 * What {@code jobs/sync} says when it cannot deliver; {@link TrackedTrainingTest} has it deliver to
 * a server.
 */
@Tag("slow")
class SyncJobTest {
  private static final Duration PATIENCE = Duration.ofMinutes(1);

  @TempDir Path folder;

  private Path journal;

  @BeforeEach
  void record() {
    journal = folder.resolve("out/tracking");
    try (Tracker tracker = Tracker.open(journal, "", Optional.empty())) {
      RunHandle run = tracker.startRun("one", "e", "", Map.of());
      run.logMetrics(1, Map.of("loss", 1.0));
      run.end(RunStatus.FINISHED);
    }
  }

  private String refused(String... arguments) throws Exception {
    List<String> all = new ArrayList<>(List.of("sync"));
    all.addAll(List.of(arguments));
    try (ChildJvm job =
        ChildJvm.start(
            "job",
            Main.class,
            List.of("-Dspark-finetune.scripts=jobs"),
            all,
            Map.of("MLFLOW_TRACKING_URI", ""),
            folder)) {
      assertThat(ChildJvm.waitUntil(() -> !job.process().isAlive(), PATIENCE)).isTrue();
      return job.output();
    }
  }

  @Test
  void aFolderThatIsNoJournalIsLeftAsItIs() throws Exception {
    Path output = folder.resolve("out");
    assertThat(refused("journal=" + output, "tracking.uri=http://127.0.0.1:9"))
        .contains(
            "sync: journal="
                + output
                + ": there is no journal in it; expected the folder tracking in the output of a"
                + " job, on this machine's disk");
    try (var files = Files.list(output)) {
      assertThat(files).containsExactly(journal);
    }
  }

  @Test
  void aServerIsNeeded() throws Exception {
    assertThat(refused("journal=" + journal))
        .contains("sync: tracking.uri is not set: expected tracking.uri=http://HOST:PORT, or");
  }

  @Test
  void aServerThatStaysAwayIsGivenUp() throws Exception {
    assertThat(
            refused(
                "journal=" + journal, "tracking.uri=http://ann:geheim@127.0.0.1:9", "patience=1"))
        .contains("sync: 3 events are not delivered: ")
        .contains("They stay in the journal: try again when the server is there")
        .doesNotContain("geheim")
        .doesNotContain("Exception");
  }

  @Test
  void whatWasRefusedBeforeIsNotPassedOver() throws Exception {
    String uri = "http://127.0.0.1:9";
    UUID server = UUID.nameUUIDFromBytes(uri.getBytes(StandardCharsets.UTF_8));
    long all = Files.size(journal.resolve(Tracker.JOURNAL));
    Files.writeString(journal.resolve("delivered-" + server), all + "\n" + uri + "\n");
    Path refused = Files.writeString(journal.resolve(Tracker.REFUSED), "# why\n{}\n");
    assertThat(refused("journal=" + journal, "tracking.uri=" + uri))
        .contains("delivered  0 events of 1 runs")
        .contains(
            "some events by an earlier delivery, which are not sent again; they are in " + refused);
  }
}
