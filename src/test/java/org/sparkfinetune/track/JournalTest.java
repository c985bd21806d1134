package org.sparkfinetune.track;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.LongStream;
import org.apache.commons.io.FileUtils;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sparkfinetune.ChildJvm;
import org.sparkfinetune.TestMachine;
import org.sparkfinetune.UserException;
import org.sparkfinetune.storage.PrivateFiles.Readers;

@Tag("slow")
class JournalTest {
  private static final Duration PATIENCE = Duration.ofMinutes(2);
  private static final int PATIENT_STEPS = 300;

  @TempDir Path folder;

  private Tracker open() {
    return Tracker.open(folder, "", Optional.empty());
  }

  private List<RunSnapshot> read() {
    return JournalReader.runs(
        new org.apache.hadoop.fs.Path(folder.toUri()), new Configuration(false));
  }

  private Path file() {
    return folder.resolve("journal.jsonl");
  }

  @Test
  void everyEventIsReadAsItWasWritten() {
    Map<String, Double> values =
        Map.of("a", Double.NaN, "b", Double.POSITIVE_INFINITY, "c", -0.0, "d", 1.0 / 3);
    DatasetInfo data =
        new DatasetInfo(
            "n", "d1", "csv", "s3://b/x", Map.of("text", "string"), Map.of("num_rows", 3L));
    List<TrackingEvent> events =
        List.of(
            new TrackingEvent.RunStarted("r", 1, "nämé\n", "e", "p", "s", Map.of("k", "ü\u2028\"")),
            new TrackingEvent.Params("r", 2, Map.of("long", "x".repeat(1 << 20))),
            new TrackingEvent.Metrics("r", 3, 7, values),
            new TrackingEvent.Tags("r", 4, Map.of("t", "line\nbreak")),
            new TrackingEvent.Input("r", 5, "training", data),
            new TrackingEvent.Artifact("r", 6, "a/b", "", "file:/x", 9, "00ff"),
            new TrackingEvent.Model("r", 7, "model", "name", "alias", Map.of("x", "y")),
            new TrackingEvent.RunEnded("r", 8, RunStatus.KILLED));
    try (Journal journal = Journal.open(folder, Readers.OWNER)) {
      assertThat(journal.append(events)).isEqualTo(events.size());
      // Nobody reads what the disk may still lose.
      assertThat(journal.length()).isZero();
      journal.force();
      JournalFile.Part part;
      List<TrackingEvent> read = new ArrayList<>();
      try (var channel = Files.newByteChannel(file())) {
        for (long from = 0; from < journal.length(); from = part.end()) {
          // Lines longer than what is asked for at once.
          part = JournalFile.read(channel, from, journal.length(), 100);
          read.addAll(part.events());
        }
      }
      assertThat(read).isEqualTo(events);
    } catch (java.io.IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void aJournalThatIsRemovedWhileItIsWrittenIsPutBackWhole() throws Exception {
    Path place = folder.resolve("output/tracking");
    List<TrackingEvent> events = new ArrayList<>();
    try (Journal journal = Journal.open(place, Readers.OWNER)) {
      for (int i = 0; i < 3; i++) {
        if (i > 0) {
          FileUtils.deleteDirectory(place.getParent().toFile());
        }
        events.add(new TrackingEvent.Tags("r", i, Map.of("time", "" + i)));
        journal.append(events.subList(i, i + 1));
        journal.force();
      }
      try (var channel = Files.newByteChannel(journal.file())) {
        JournalFile.Part part = JournalFile.read(channel, 0, journal.length(), 1 << 20);
        assertThat(part.events()).isEqualTo(events);
        assertThat(part.end()).isEqualTo(channel.size());
      }
      assertThat(place).isDirectoryNotContaining("glob:**.new");
      assertThatThrownBy(() -> Journal.open(place, Readers.OWNER))
          .isInstanceOf(UserException.class)
          .hasMessageContaining("is in use by process");
    }
    Journal.open(place, Readers.OWNER).close();
  }

  @Test
  void aJournalIsNotWrittenToAnothersPlace() throws Exception {
    try (Journal journal = Journal.open(folder, Readers.OWNER)) {
      Files.delete(file());
      Files.writeString(file(), "another");
      journal.append(List.of(new TrackingEvent.Tags("r", 1, Map.of())));
      assertThatThrownBy(journal::force)
          .isInstanceOf(IOException.class)
          .hasMessageEndingWith("was removed, and another is in its place");
      assertThat(file()).hasContent("another");
    }
  }

  @Test
  void runsAreReadBackWhileTheyAreWritten() throws Exception {
    Path artifact = Files.writeString(folder.resolve("a file"), "abc");
    try (Tracker tracker = open()) {
      RunHandle run = tracker.startRun("one", "e", "", Map.of("tag", "1"));
      RunHandle child = tracker.startChild(run, "two", "e", Map.of());
      run.logParams(Map.of("training.learning_rate", "5e-5", "api_token", "geheim"));
      for (int step = 1; step <= 3; step++) {
        run.logMetrics(step, Map.of("loss", 1.0 / step));
      }
      run.logArtifact(
          "files/a file",
          new org.apache.hadoop.fs.Path(artifact.toUri()),
          new Configuration(false));
      child.end(RunStatus.FAILED);
      tracker.flush();
      List<RunSnapshot> runs = read();
      assertThat(runs).hasSize(2);
      assertThat(runs.get(0).status()).isEqualTo(RunStatus.RUNNING);
      assertThat(runs.get(0).params())
          .containsEntry("training.learning_rate", "5e-5")
          .containsEntry("api_token", "***");
      assertThat(runs.get(0).metrics().get("loss").stream().map(RunSnapshot.Point::value))
          .containsExactly(1.0, 0.5, 1.0 / 3);
      assertThat(runs.get(0).artifacts().get("files/a file").bytes()).isEqualTo(3);
      assertThat(runs.get(1).parent()).isEqualTo(run.id());
      assertThat(runs.get(1).status()).isEqualTo(RunStatus.FAILED);
      // SHA-256 of "abc" by FIPS 180-2.
      assertThat(Files.readString(file()))
          .contains("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
  }

  @Test
  void anArtifactHasItsPlaceInItsRun() throws Exception {
    Path file = Files.writeString(folder.resolve("a file"), "abc");
    org.apache.hadoop.fs.Path source = new org.apache.hadoop.fs.Path(file.toUri());
    Configuration hadoop = new Configuration(false);
    try (Tracker tracker = open()) {
      RunHandle run = tracker.startRun("one", "e", "", Map.of());
      for (String path :
          List.of(
              "../x", "a/../../x", "..", "/x", "a//x", "a/", "", ".", "a\\x", "file:/x", "a\nb")) {
        assertThatThrownBy(() -> run.logArtifact(path, source, hadoop))
            .as(path)
            .isInstanceOf(IOException.class)
            .hasMessage(
                "'"
                    + path
                    + "' is no place among a run's artifacts: expected a relative path without .., as"
                    + " in plots/loss.png");
        assertThatThrownBy(() -> run.logModel(path, source, hadoop, "", "", Map.of()))
            .as(path)
            .isInstanceOf(IOException.class);
      }
      for (String path : List.of("x", "..x/y..", "ein Wort/日本:1")) {
        run.logArtifact(path, source, hadoop);
      }
      tracker.flush();
      assertThat(read().get(0).artifacts()).containsOnlyKeys("x", "..x/y..", "ein Wort/日本:1");
    }
  }

  @Test
  void onlyOneMayWrite() throws Exception {
    try (Tracker tracker = open()) {
      assertThatThrownBy(this::open)
          .isInstanceOf(UserException.class)
          .hasMessageContaining("the journal in " + folder + " is in use by process ");
      try (ChildJvm other =
          ChildJvm.start(
              "other",
              Writer.class,
              List.of(),
              List.of(folder.toString(), "1"),
              Map.of(),
              folder)) {
        assertThat(ChildJvm.waitUntil(() -> !other.process().isAlive(), PATIENCE)).isTrue();
        assertThat(other.output())
            .contains("is in use by process " + ProcessHandle.current().pid() + " on ");
      }
    }
    open().close();
  }

  @Test
  void aTornLineIsSetAsideAndDamagedOnesAreLeftOut() throws Exception {
    String run;
    try (Tracker tracker = open()) {
      RunHandle first = tracker.startRun("one", "e", "", Map.of());
      run = first.id();
      first.logMetrics(1, Map.of("loss", 1.0));
      first.logMetrics(2, Map.of("loss", 2.0));
    }
    List<String> lines = Files.readAllLines(file());
    lines.set(1, lines.get(1).substring(0, 30) + "#");
    Files.writeString(file(), String.join("\n", lines) + "\n{\"seq\":4,\"event\":\"met");
    try (Tracker tracker = open()) {
      assertThat(tracker.summary().notes())
          .hasSize(2)
          .anyMatch(note -> note.contains("torn") && note.contains("journal.torn-1"))
          .anyMatch(note -> note.startsWith("1 damaged lines"));
      assertThat(Files.readString(folder.resolve("journal.torn-1")))
          .isEqualTo("{\"seq\":4,\"event\":\"met");
      assertThat(tracker.unfinishedRun()).contains(run);
      tracker.resumeRun(run).logMetrics(3, Map.of("loss", 3.0));
    }
    assertThat(read().get(0).metrics().get("loss").stream().map(RunSnapshot.Point::step))
        .containsExactly(2L, 3L);
  }

  @Test
  void aLineThatLacksSomethingIsADamagedOne() throws Exception {
    try (Tracker tracker = open()) {
      RunHandle run = tracker.startRun("one", "e", "", Map.of());
      run.logMetrics(1, Map.of("loss", 1.0));
      run.logMetrics(2, Map.of("loss", 2.0));
    }
    List<String> lines = new ArrayList<>(Files.readAllLines(file()));
    lines.set(1, lines.get(1).replace("values", "valuez"));
    lines.add(lines.get(2).replace("2.0", "null"));
    lines.add(lines.get(2).replace("\"step\"", "\"stap\""));
    // The break between two lines is lost.
    lines.add(lines.get(2) + lines.get(2));
    Files.write(file(), lines);
    try (Tracker tracker = open()) {
      assertThat(tracker.summary().notes())
          .containsExactly("4 damaged lines of the journal in " + folder + " are left out");
    }
    assertThat(read().get(0).metrics().get("loss").stream().map(RunSnapshot.Point::step))
        .containsExactly(2L);
  }

  @Test
  void whoIsInterruptedStillRecords() {
    Tracker tracker = open();
    Thread.currentThread().interrupt();
    try {
      RunHandle run = tracker.startRun("one", "e", "", Map.of());
      run.end(RunStatus.KILLED);
      tracker.close();
    } finally {
      assertThat(Thread.interrupted()).isTrue();
    }
    assertThat(tracker.summary().lost()).isZero();
    assertThat(read().get(0).status()).isEqualTo(RunStatus.KILLED);
  }

  @Test
  void whatIsNoValueFailsNobody() {
    Map<String, String> params = new HashMap<>();
    params.put("a", null);
    params.put(null, "b");
    params.put("c", "d");
    Map<String, Double> metrics = new HashMap<>();
    metrics.put("loss", null);
    metrics.put("accuracy", 0.5);
    metrics.put(null, 0.25);
    try (Tracker tracker = open()) {
      RunHandle run = tracker.startRun("one", "e", "", params);
      run.logParams(params);
      run.logMetrics(1, metrics);
    }
    assertThat(read().get(0).params()).containsExactly(Map.entry("c", "d"));
    assertThat(read().get(0).metrics()).containsOnlyKeys("accuracy");
  }

  @Test
  void anEventThatCannotBeWrittenKeepsNoneOfTheOthers() {
    Map<String, String> schema = new HashMap<>();
    schema.put(null, "string");
    String huge = "x".repeat(JournalFile.LONGEST_LINE);
    Tracker tracker = open();
    RunHandle run = tracker.startRun("one", "e", "", Map.of());
    run.logInput("training", new DatasetInfo("n", "d", "csv", "s", schema, Map.of()));
    run.logMetrics(1, Map.of("loss", 1.0));
    run.logParams(Map.of("huge", huge));
    run.end(RunStatus.FINISHED);
    tracker.close();
    assertThat(tracker.summary().written()).isEqualTo(3);
    assertThat(tracker.summary().lost()).isEqualTo(2);
    assertThat(read().get(0).metrics()).containsOnlyKeys("loss");
    assertThat(read().get(0).status()).isEqualTo(RunStatus.FINISHED);
  }

  @Test
  void aRunThatGoesOnLeavesOutWhatItHas() {
    String id;
    try (Tracker tracker = open()) {
      RunHandle run = tracker.startRun("one", "e", "", Map.of());
      id = run.id();
      for (int step = 1; step <= 5; step++) {
        run.logMetrics(step, Map.of("loss", (double) step));
      }
      run.end(RunStatus.KILLED);
    }
    try (Tracker tracker = open()) {
      RunHandle run = tracker.resumeRun(tracker.unfinishedRun().orElseThrow());
      assertThat(run.id()).isEqualTo(id);
      for (int step = 4; step <= 7; step++) {
        run.logMetrics(step, Map.of("loss", (double) step, "eval_loss", 0.5));
      }
      run.end(RunStatus.FINISHED);
    }
    RunSnapshot record = read().get(0);
    assertThat(record.metrics().get("loss").stream().map(RunSnapshot.Point::step))
        .containsExactly(1L, 2L, 3L, 4L, 5L, 6L, 7L);
    assertThat(record.metrics().get("eval_loss")).hasSize(4);
    assertThat(record.status()).isEqualTo(RunStatus.FINISHED);
    try (Tracker tracker = open()) {
      assertThat(tracker.unfinishedRun()).isEmpty();
    }
  }

  private List<String> parts(String run, RunStatus status) {
    return read().stream()
        .filter(part -> part.parent().equals(run) && part.status() == status)
        .map(RunSnapshot::id)
        .toList();
  }

  @Test
  void theRecordSaysWhichPartsOfARunHaveNotEnded() {
    List<String> ids = new ArrayList<>();
    String study;
    try (Tracker tracker = Tracker.open(folder, "", Optional.empty())) {
      RunHandle finished = tracker.startRun("before", "e", "", Map.of());
      tracker.startChild(finished, "of another", "e", Map.of());
      finished.end(RunStatus.FINISHED);
      RunHandle parent = tracker.startRun("study", "e", "", Map.of());
      study = parent.id();
      for (int trial = 0; trial < 6; trial++) {
        RunHandle child = tracker.startChild(parent, "trial " + trial, "e", Map.of());
        ids.add(child.id());
        child.logMetrics(1, Map.of("loss", 1.0));
        if (trial < 3) {
          child.end(RunStatus.values()[trial + 1]);
        }
      }
    }
    try (Tracker tracker = Tracker.open(folder, "", Optional.empty())) {
      assertThat(tracker.unfinishedRun()).contains(study);
      assertThat(parts(study, RunStatus.RUNNING)).isEqualTo(ids.subList(3, 6));
      // One goes on, one that had been ended as well, one is ended for good.
      tracker.resumeRun(ids.get(3)).logMetrics(2, Map.of("loss", 0.5));
      tracker.resumeRun(ids.get(2)).logMetrics(2, Map.of("loss", 0.5));
      tracker.resumeRun(ids.get(4)).end(RunStatus.KILLED);
    }
    try (Tracker tracker = Tracker.open(folder, "", Optional.empty())) {
      List<String> running = parts(study, RunStatus.RUNNING);
      assertThat(running).containsExactlyInAnyOrder(ids.get(2), ids.get(3), ids.get(5));
      running.forEach(id -> tracker.resumeRun(id).end(RunStatus.FAILED));
      tracker.resumeRun(study).end(RunStatus.FINISHED);
    }
    try (Tracker tracker = Tracker.open(folder, "", Optional.empty())) {
      assertThat(tracker.unfinishedRun()).isEmpty();
      assertThat(parts(study, RunStatus.RUNNING)).isEmpty();
    }
  }

  /** Logs as fast as it can; says now and then how far it is. */
  static final class Writer {
    public static void main(String[] arguments) throws Exception {
      Tracker tracker;
      try {
        tracker = Tracker.open(Path.of(arguments[0]), "", Optional.empty());
      } catch (UserException e) {
        System.out.println(e.getMessage());
        return;
      }
      RunHandle run = tracker.startRun("child", "e", "", Map.of());
      for (long step = 1; step < Long.parseLong(arguments[1]); step++) {
        run.logMetrics(step, Map.of("loss", (double) step));
        if (step % 100 == 0) {
          System.out.println("logged " + step + " " + System.currentTimeMillis());
          Thread.sleep(1);
        }
      }
      tracker.close();
    }
  }

  private static long sizeOf(Path file) {
    try {
      return Files.size(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void whatAKilledProcessHasLoggedIsThereInOrder() throws Exception {
    Random random = new Random(3);
    for (int kill = 0; kill < 4; kill++) {
      Path journal = folder.resolve("killed-" + kill);
      long killedAt;
      String output;
      try (ChildJvm child =
          ChildJvm.start(
              "child-" + kill,
              Writer.class,
              List.of("-Xmx256m"),
              List.of(journal.toString(), "100000000"),
              Map.of(),
              folder)) {
        child.awaitOutput("logged 1000 ", PATIENCE);
        // Its first events are on their way for as long as classes are loaded.
        Path file = journal.resolve(Tracker.JOURNAL);
        assertThat(ChildJvm.waitUntil(() -> Files.exists(file) && sizeOf(file) > 0, PATIENCE))
            .isTrue();
        Thread.sleep(random.nextInt(1500));
        killedAt = System.currentTimeMillis();
        ChildJvm.signal(child.process(), "KILL");
        assertThat(ChildJvm.waitUntil(() -> !child.process().isAlive(), PATIENCE)).isTrue();
        output = child.output();
      }
      Tracker.open(journal, "", Optional.empty()).close();
      List<RunSnapshot> runs =
          JournalReader.runs(
              new org.apache.hadoop.fs.Path(journal.toUri()), new Configuration(false));
      List<RunSnapshot.Point> points = runs.get(0).metrics().get("loss");
      for (int i = 0; i < points.size(); i++) {
        assertThat(points.get(i).step()).isEqualTo(i + 1);
        assertThat(points.get(i).value()).isEqualTo(i + 1.0);
      }
      // All but what was logged in the last second.
      long safe =
          output
              .lines()
              .filter(line -> line.matches("logged \\d+ \\d+"))
              .map(line -> line.split(" "))
              .filter(words -> Long.parseLong(words[2]) < killedAt - 1000)
              .mapToLong(words -> Long.parseLong(words[1]))
              .max()
              .orElse(0);
      assertThat((long) points.size()).isGreaterThanOrEqualTo(safe).isPositive();
    }
  }

  /** Logs a little at a time, waits for the disk, and says what came of it. */
  static final class Patient {
    public static void main(String[] arguments) throws Exception {
      Tracker tracker = Tracker.open(Path.of(arguments[0]), "", Optional.empty());
      RunHandle run = tracker.startRun("child", "e", "", Map.of());
      for (int step = 1; step <= PATIENT_STEPS; step++) {
        run.logMetrics(step, Map.of("loss", (double) step));
        Thread.sleep(5);
      }
      tracker.flush();
      tracker.close();
      Tracker.Summary summary = tracker.summary();
      System.out.println("written " + summary.written() + " lost " + summary.lost());
    }
  }

  /** The system says of every third attempt that the disk has not taken what was written. */
  @Test
  void whatTheDiskHasNotTakenIsWrittenAgainAndTheDiskIsNotAskedForEachEvent() throws Exception {
    Path trace = folder.resolve("trace");
    List<String> strace =
        List.of(
            "strace",
            "-f",
            "-o",
            trace.toString(),
            "-e",
            "trace=fdatasync,ftruncate",
            "-e",
            "inject=fdatasync:error=EIO:when=2+3");
    TestMachine.requireWrapper(strace);
    Path journal = folder.resolve("journal");
    Path output = folder.resolve("output");
    Process child =
        ChildJvm.start(
            strace,
            Patient.class,
            List.of(),
            List.of(journal.toString()),
            Map.of(),
            folder,
            output);
    try {
      assertThat(child.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
    } finally {
      child.descendants().forEach(ProcessHandle::destroyForcibly);
      child.destroyForcibly();
    }
    assertThat(Files.readString(output)).contains("written " + (PATIENT_STEPS + 1) + " lost 0");
    assertThat(
            JournalReader.runs(
                    new org.apache.hadoop.fs.Path(journal.toUri()), new Configuration(false))
                .get(0)
                .metrics()
                .get("loss")
                .stream()
                .map(RunSnapshot.Point::step))
        .containsExactlyElementsOf(LongStream.rangeClosed(1, PATIENT_STEPS).boxed().toList());
    String calls = Files.readString(trace);
    assertThat(calls.substring(calls.indexOf("EIO"))).contains("ftruncate(");
    assertThat(calls.lines().filter(line -> line.contains("fdatasync(")).count())
        .isBetween(3L, PATIENT_STEPS / 4L);
  }

  /** More than once: it may be found between two attempts, or waiting for events. */
  @RepeatedTest(3)
  void aFullDiskLosesNothingThatIsStillWantedWhenThereIsRoomAgain() throws Exception {
    Path disk = Files.createDirectory(folder.resolve("disk"));
    TestMachine.mountSmallDisk(disk);
    try {
      Path filler = disk.resolve("filler");
      Tracker tracker = Tracker.open(disk.resolve("journal"), "", Optional.empty());
      RunHandle run = tracker.startRun("one", "e", "", Map.of());
      tracker.flush();
      Files.write(filler, new byte[200 << 10], StandardOpenOption.CREATE);
      for (int step = 1; step <= 1000; step++) {
        run.logMetrics(step, Map.of("loss", (double) step));
      }
      Thread.sleep(1000);
      assertThat(tracker.summary().written()).isLessThan(1000);
      Files.delete(filler);
      tracker.close();
      assertThat(tracker.summary().lost()).isZero();
      List<RunSnapshot> runs =
          JournalReader.runs(new org.apache.hadoop.fs.Path(disk.toUri()), new Configuration(false));
      assertThat(runs.get(0).metrics().get("loss").stream().map(RunSnapshot.Point::step).toList())
          .hasSize(1000)
          .isSorted()
          .doesNotHaveDuplicates();
      Tracker second = Tracker.open(disk.resolve("journal"), "", Optional.empty());
      Files.write(filler, new byte[50 << 10], StandardOpenOption.CREATE);
      second.startRun("two", "e", "", Map.of("big", "x".repeat(300 << 10)));
      second.close();
      assertThat(second.summary().lost()).isEqualTo(1);
    } finally {
      new ProcessBuilder("umount", disk.toString()).start().waitFor();
    }
  }
}
