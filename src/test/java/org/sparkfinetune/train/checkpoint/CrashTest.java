package org.sparkfinetune.train.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sparkfinetune.ChildJvm;

/** Readers beside a writer, and writers that are killed. */
@Tag("slow")
class CrashTest {
  private static final int BYTES = 2_000_000;

  @TempDir private Path temporary;

  /**
   * Goes on from the newest checkpoint and writes one after the other, for ever. Arguments: the
   * folder, and the step whose first file stops half way, or -1.
   */
  static final class WriterMain {
    private WriterMain() {}

    public static void main(String[] args) {
      CheckpointStore store = Checkpoints.local(Path.of(args[0]));
      int step = store.newestWhole(line -> {}).map(c -> c.step() + 1).orElse(1);
      int stop = Integer.parseInt(args[1]);
      for (int last = step + stop; ; step++) {
        if (stop >= 0 && step == last) {
          store.write(step, Map.of("weights.bin", WriterMain::stopHalfWay));
        }
        store.write(step, Checkpoints.files(step, BYTES, step));
        System.out.println("written " + step);
        store.prune(2, OptionalInt.empty());
      }
    }

    private static void stopHalfWay(OutputStream out) throws IOException {
      out.write(new byte[BYTES / 2]);
      out.flush();
      System.out.println("half");
      while (true) {
        try {
          Thread.sleep(1000);
        } catch (InterruptedException e) {
          throw new IllegalStateException(e);
        }
      }
    }
  }

  @Test
  void aKilledWriterLeavesAWholeCheckpointOfWhatItSaidWasWritten() throws Exception {
    Random random = new Random();
    int before = 0;
    for (int round = 0; round < 5; round++) {
      List<String> printed = runAndKill(-1, "written ", random.nextInt(400));
      int acknowledged = last(printed);
      StoredCheckpoint newest = newestOf(new ArrayList<>());
      assertThat(newest.step()).isBetween(acknowledged, acknowledged + 1);
      assertThat(newest.step()).isGreaterThan(before);
      assertThat(Checkpoints.isIntact(newest, BYTES)).isTrue();
      before = newest.step();
    }
  }

  @Test
  void aWriterThatIsKilledHalfWayThroughAFileIsSeenToHaveBeen() throws Exception {
    List<String> printed = runAndKill(2, "half", 0);
    assertThat(printed).containsExactly("written 1", "written 2", "half");
    List<String> passedOver = new ArrayList<>();
    assertThat(newestOf(passedOver).step()).isEqualTo(2);
    assertThat(passedOver)
        .containsExactly(
            temporary.resolve("checkpoints/checkpoint-3")
                + " is passed over: it has no manifest.json: its write was interrupted.");
    assertThat(runAndKill(-1, "written 4", 0)).contains("written 3");
    assertThat(newestOf(new ArrayList<>()).step()).isBetween(4, 5);
  }

  /** Kills it, as {@code kill -9} does, some time after it has printed what was waited for. */
  private List<String> runAndKill(int stop, String awaited, int millis) throws Exception {
    Path output = Files.createTempFile(temporary, "output-", ".txt");
    Process process =
        ChildJvm.start(
            List.of(),
            WriterMain.class,
            List.of(),
            List.of(temporary.resolve("checkpoints").toString(), Integer.toString(stop)),
            Map.of(),
            temporary,
            output);
    try {
      long end = System.nanoTime() + TimeUnit.MINUTES.toNanos(2);
      while (!Files.readString(output).contains(awaited)) {
        assertThat(process.isAlive()).as(Files.readString(output)).isTrue();
        assertThat(System.nanoTime()).isLessThan(end);
        Thread.sleep(10);
      }
      Thread.sleep(millis);
    } finally {
      process.destroyForcibly();
    }
    assertThat(process.waitFor()).as("killed by signal 9").isEqualTo(128 + 9);
    return Files.readAllLines(output);
  }

  private static int last(List<String> printed) {
    return printed.stream()
        .filter(line -> line.matches("written [0-9]+"))
        .mapToInt(line -> Integer.parseInt(line.substring("written ".length())))
        .max()
        .orElseThrow();
  }

  private StoredCheckpoint newestOf(List<String> passedOver) {
    return Checkpoints.local(temporary.resolve("checkpoints"))
        .newestWhole(passedOver::add)
        .orElseThrow();
  }

  @Test
  void aReaderBesideAWriterNeverSeesHalfACheckpoint() throws Exception {
    int bytes = 20_000;
    CompletableFuture<Void> writer =
        CompletableFuture.runAsync(
            () -> {
              CheckpointStore store = Checkpoints.local(temporary);
              for (int round = 1; round <= 200; round++) {
                // Each step twice, so that whole ones are replaced under the reader's eyes.
                store.write(round / 2, Checkpoints.files(round / 2, bytes, round));
                store.prune(1 + round % 2, OptionalInt.empty());
              }
            });
    CheckpointStore reader = Checkpoints.local(temporary);
    int read = 0;
    int overtaken = 0;
    int newest = -1;
    while (!writer.isDone()) {
      Optional<StoredCheckpoint> found = reader.newestWhole(line -> {});
      if (found.isEmpty()) {
        continue;
      }
      try {
        assertThat(Checkpoints.isIntact(found.get(), bytes)).as("one round's files").isTrue();
        newest = Math.max(newest, found.get().step());
        read++;
      } catch (FileNotFoundException | DamagedException e) {
        overtaken++;
      }
    }
    writer.get();
    assertThat(read).as("read whole, beside %d overtaken", overtaken).isGreaterThan(10);
    assertThat(newest).isGreaterThan(1);
    assertThat(reader.newestWhole(line -> {}).orElseThrow().step()).isEqualTo(100);
  }
}
