package org.sparkfinetune.track;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sparkfinetune.ChildJvm;
import org.sparkfinetune.TestMachine;
import org.sparkfinetune.track.LineServer.Fault;

/** Journals delivered to a real server that fails. */
@Tag("slow")
class DeliveryTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  @TempDir Path folder;

  private LineServer server;

  @BeforeEach
  void begin() throws IOException {
    server = new LineServer();
  }

  @AfterEach
  void end() {
    server.close();
  }

  private Tracker open(Path journal) {
    return Tracker.open(
        journal, server.uri().toString(), Optional.of(new LineServer.Poster(server.uri())));
  }

  /** What a journal holds, as the server keeps it. */
  private static List<String> journal(Path folder) throws IOException {
    List<String> lines = new ArrayList<>();
    Path file = folder.resolve(JournalFile.NAME);
    try (var channel = Files.newByteChannel(file)) {
      long from = 0;
      while (from < Files.size(file)) {
        JournalFile.Part part = JournalFile.read(channel, from, Files.size(file), 1 << 20);
        part.events().forEach(event -> lines.add(LineServer.Poster.line(event)));
        from = part.end();
      }
    }
    return lines;
  }

  private static void log(RunHandle run, int from, int to) {
    for (int step = from; step < to; step++) {
      run.logMetrics(step, Map.of("loss", (double) step));
    }
  }

  private Path deliveredTo(Path journal) throws IOException {
    try (Stream<Path> files = Files.list(journal)) {
      return files
          .filter(file -> file.getFileName().toString().startsWith("delivered-"))
          .findFirst()
          .orElseThrow();
    }
  }

  @Test
  void whateverHappensEachEventArrivesOnceAndInOrder() throws Exception {
    Tracker tracker = open(folder);
    RunHandle run = tracker.startRun("one", "e", "", Map.of());
    log(run, 0, 5000);
    tracker.flush();
    assertThat(ChildJvm.waitUntil(() -> !tracker.trouble().isEmpty(), PATIENCE)).isTrue();
    assertThat(tracker.caughtUp()).isFalse();
    server.next(Fault.UNAVAILABLE, Fault.LOST_ANSWER, Fault.NONE, Fault.LOST_ANSWER);
    server.up();
    assertThat(ChildJvm.waitUntil(tracker::caughtUp, PATIENCE)).isTrue();
    assertThat(tracker.trouble()).isEmpty();
    server.down();
    log(run, 5000, 6000);
    Thread.sleep(300);
    server.next(Fault.TOO_MANY, Fault.LOST_ANSWER);
    server.up();
    log(run, 6000, 7000);
    run.end(RunStatus.FINISHED);
    tracker.close(PATIENCE);
    assertThat(tracker.summary().left()).as(tracker.summary().trouble()).isZero();
    assertThat(tracker.summary().delivered()).isEqualTo(7002);
    assertThat(journal(folder)).hasSize(7002);
    assertThat(server.lines()).isEqualTo(journal(folder));
  }

  @Test
  void whatIsRefusedIsSetAsideAndTheRestArrives() throws Exception {
    server.up();
    Tracker tracker = open(folder);
    RunHandle run = tracker.startRun("one", "e", "", Map.of());
    run.logMetrics(1, Map.of("loss", 1.0));
    run.setTags(Map.of("tag", LineServer.REFUSED));
    run.logMetrics(2, Map.of("loss", 2.0));
    run.setTags(Map.of("tag", LineServer.REFUSED + " again"));
    run.end(RunStatus.FINISHED);
    tracker.close(PATIENCE);
    assertThat(tracker.summary().refused()).isEqualTo(2);
    assertThat(tracker.summary().delivered()).isEqualTo(4);
    assertThat(tracker.summary().left()).isZero();
    List<String> expected = journal(folder);
    List<String> refused =
        expected.stream().filter(line -> line.contains(LineServer.REFUSED)).toList();
    expected.removeAll(refused);
    assertThat(server.lines()).isEqualTo(expected);
    String reason = "# refused by http://***@host";
    assertThat(Files.readAllLines(folder.resolve(Tracker.REFUSED)))
        .containsExactly(reason, refused.get(0), reason, refused.get(1));
  }

  @Test
  void anEndIsNotKeptByALongPause() throws Exception {
    Tracker tracker = open(folder);
    RunHandle run = tracker.startRun("one", "e", "", Map.of());
    // By now it tries every four seconds and more.
    Thread.sleep(5500);
    assertThat(tracker.trouble()).contains("cannot be reached");
    server.up();
    run.end(RunStatus.FINISHED);
    tracker.close(Duration.ofSeconds(2));
    assertThat(tracker.summary().left()).isZero();
    assertThat(server.lines()).hasSize(2);
  }

  @Test
  void anEndWaitsNoLongerThanItIsTold() throws Exception {
    Tracker tracker = open(folder);
    log(tracker.startRun("one", "e", "", Map.of()), 0, 10);
    tracker.close(Duration.ofMillis(300));
    assertThat(tracker.summary().left()).isEqualTo(11);
    server.up();
    try (Tracker again = open(folder)) {
      assertThat(ChildJvm.waitUntil(again::caughtUp, PATIENCE)).isTrue();
      assertThat(again.settled()).isEqualTo(11);
    }
    try (Tracker third = open(folder)) {
      assertThat(third.caughtUp()).isTrue();
    }
    assertThat(server.lines()).isEqualTo(journal(folder));
    assertThat(server.requests()).isEqualTo(1);
  }

  @Test
  void whoIsInterruptedIsToldWhatIsLeft() {
    Tracker tracker = open(folder);
    log(tracker.startRun("one", "e", "", Map.of()), 0, 10);
    Thread.currentThread().interrupt();
    try {
      tracker.close(PATIENCE);
      assertThat(tracker.summary().left()).isEqualTo(11);
      assertThat(tracker.delivers()).isFalse();
    } finally {
      assertThat(Thread.interrupted()).isTrue();
    }
  }

  @Test
  void aPlaceThatIsNoneOfThisJournalCountsForNothing() throws Exception {
    server.up();
    for (String place : List.of("100000000", "7", "x", "-3")) {
      try (Tracker tracker = open(folder)) {
        log(tracker.startRun(place, "e", "", Map.of()), 0, 10);
        tracker.close(PATIENCE);
      }
      assertThat(server.lines()).as(place).isEqualTo(journal(folder));
      Files.writeString(deliveredTo(folder), place);
    }
  }

  /** Logs and delivers without an end. */
  static final class Endless {
    public static void main(String[] arguments) throws Exception {
      LineServer.Poster sink = new LineServer.Poster(java.net.URI.create(arguments[1]));
      Tracker tracker = Tracker.open(Path.of(arguments[0]), arguments[1], Optional.of(sink));
      RunHandle run = tracker.startRun("child", "e", "", Map.of());
      for (int step = 0; ; step++) {
        run.logMetrics(step, Map.of("loss", (double) step));
        if (step % 20 == 0) {
          Thread.sleep(1);
        }
      }
    }
  }

  @Test
  void whoIsKilledWhileItDeliversLosesNothingAndDoublesNothing() throws Exception {
    Random random = new Random(5);
    Path journal = folder.resolve("journal");
    server.up();
    for (int kill = 0; kill < 3; kill++) {
      int before = server.lines().size();
      server.next(Fault.NONE, Fault.LOST_ANSWER, Fault.NONE, Fault.UNAVAILABLE);
      try (ChildJvm child =
          ChildJvm.start(
              "child-" + kill,
              Endless.class,
              List.of("-Xmx256m"),
              List.of(journal.toString(), server.uri().toString()),
              Map.of(),
              folder)) {
        assertThat(ChildJvm.waitUntil(() -> server.lines().size() > before + 500, PATIENCE))
            .isTrue();
        Thread.sleep(random.nextInt(500));
        ChildJvm.signal(child.process(), "KILL");
        assertThat(ChildJvm.waitUntil(() -> !child.process().isAlive(), PATIENCE)).isTrue();
      }
    }
    Tracker tracker = open(journal);
    tracker.close(PATIENCE);
    assertThat(tracker.summary().left()).as(tracker.summary().trouble()).isZero();
    assertThat(server.lines()).isEqualTo(journal(journal)).hasSizeGreaterThan(1500);
  }

  @Test
  void aFullDiskDoesNotEndTheDelivery() throws Exception {
    Path disk = Files.createDirectory(folder.resolve("disk"));
    TestMachine.mountSmallDisk(disk);
    try {
      Path journal = disk.resolve("journal");
      Path filler = disk.resolve("filler");
      Tracker tracker = open(journal);
      RunHandle run = tracker.startRun("one", "e", "", Map.of());
      log(run, 0, 100);
      run.setTags(Map.of("tag", LineServer.REFUSED));
      run.logMetrics(100, Map.of("loss", 1.0));
      tracker.flush();
      try {
        Files.write(filler, new byte[256 << 10], StandardOpenOption.CREATE);
      } catch (IOException e) {
        // Full, as it is to be.
        assertThat(e).hasMessageContaining("No space left");
      }
      server.up();
      // What is refused waits for room to be set aside; what is before it is there.
      assertThat(
              ChildJvm.waitUntil(() -> tracker.trouble().contains("cannot be set aside"), PATIENCE))
          .isTrue();
      assertThat(server.lines()).hasSize(101);
      assertThat(tracker.delivers()).isTrue();
      Files.delete(filler);
      tracker.close(PATIENCE);
      assertThat(tracker.summary().left()).as(tracker.summary().trouble()).isZero();
      assertThat(tracker.summary().refused()).isEqualTo(1);
      assertThat(server.lines()).hasSize(102);
      assertThat(Files.readString(journal.resolve(Tracker.REFUSED))).contains(LineServer.REFUSED);
    } finally {
      new ProcessBuilder("umount", disk.toString()).start().waitFor();
    }
  }
}
