package org.sparkfinetune.train.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.sparkfinetune.ChildJvm;
import org.sparkfinetune.TestMachine;
import org.sparkfinetune.UserException;
import org.sparkfinetune.train.checkpoint.Checkpoints.Remote;

@Tag("slow")
class WriteFailureTest {
  private static final String FULL =
      ": the checkpoint of step 2 could not be written (No space left on device). Those of other"
          + " steps are untouched. Make room, allow writing there, or name another folder.";

  @TempDir private Path temporary;

  /** Argument: a folder on a disk that has room for three checkpoints and not for four. */
  static final class FullDiskMain {
    private FullDiskMain() {}

    public static void main(String[] args) throws IOException {
      CheckpointStore store = Checkpoints.local(Path.of(args[0]));
      for (int step = 1; step < 10; step++) {
        try {
          store.write(step, Checkpoints.files(step, 300_000, step));
        } catch (UserException e) {
          System.out.println(e.getMessage());
          break;
        }
      }
      StoredCheckpoint newest = store.newestWhole(System.out::println).orElseThrow();
      System.out.println("whole " + newest.step() + " " + Checkpoints.isIntact(newest, 300_000));
      System.out.println(Checkpoints.names(Path.of(args[0])));
      store.prune(1, OptionalInt.empty());
      store.write(4, Checkpoints.files(4, 300_000, 4));
      System.out.println("after pruning " + store.newestWhole(System.out::println).get().step());
    }
  }

  @Test
  void aDiskThatIsReallyFullCostsThatCheckpointAlone() throws Exception {
    Path disk = Files.createDirectory(temporary.resolve("disk"));
    Path output = temporary.resolve("output.txt");
    // A file system in memory that only the child sees, and that goes with it.
    String mount = "mount -t tmpfs -o size=1m none '" + disk + "' && exec \"$@\"";
    List<String> wrapper = List.of("unshare", "-rm", "sh", "-c", mount, "sh");
    TestMachine.requirePrivateMounts(disk);
    Process process =
        ChildJvm.start(
            wrapper,
            FullDiskMain.class,
            List.of(),
            List.of(disk.toString()),
            Map.of(),
            temporary,
            output);
    try {
      assertThat(process.waitFor(2, TimeUnit.MINUTES)).isTrue();
    } finally {
      process.destroyForcibly();
    }
    assertThat(Files.readString(output).lines())
        .containsExactly(
            disk.resolve("checkpoint-4") + FULL.replace("step 2", "step 4"),
            "whole 3 true",
            "[checkpoint-1, checkpoint-2, checkpoint-3]",
            "after pruning 4");
  }

  /** In the first file, at its end, in the second file, in the manifest. */
  @ParameterizedTest
  @ValueSource(longs = {0, 1, 50_000, 99_999, 100_000, 100_001, 100_100})
  void aFileSystemThatFillsUpAtAnyByteLeavesNothingOfTheCheckpoint(long room) throws IOException {
    Checkpoints.local(temporary).write(1, Checkpoints.files(1));
    CheckpointStore store = remote(Checkpoints.hadoop(Remote.ROOM, Long.toString(room)));
    assertThatThrownBy(() -> store.write(2, Checkpoints.files(2)))
        .isInstanceOf(UserException.class)
        .hasMessage("remote:" + temporary.resolve("checkpoint-2") + FULL)
        .hasCauseInstanceOf(IOException.class);
    assertThat(Checkpoints.names(temporary)).containsExactly("checkpoint-1");
    assertThat(newestStep()).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"weights.bin", "state.txt", "manifest.json"})
  void whatTheKernelSaysOfAFullDeviceReachesTheUser(String file) throws IOException {
    TestMachine.require(Files.exists(Path.of("/dev/full")), "/dev/full");
    Checkpoints.local(temporary).write(1, Checkpoints.files(1));
    CheckpointStore store = remote(Checkpoints.hadoop(Remote.DEV_FULL, file));
    assertThatThrownBy(() -> store.write(2, Checkpoints.files(2)))
        .isInstanceOf(UserException.class)
        .hasMessage("remote:" + temporary.resolve("checkpoint-2") + FULL);
    assertThat(Checkpoints.names(temporary)).containsExactly("checkpoint-1");
  }

  @Test
  void aWriteThatIsTornByItsContentLeavesNothing() throws IOException {
    CheckpointStore store = Checkpoints.local(temporary);
    store.write(1, Checkpoints.files(1));
    assertThatThrownBy(
            () ->
                store.write(
                    2,
                    Map.of(
                        "half",
                        out -> {
                          out.write(new byte[70_000]);
                          throw new IllegalStateException("bug");
                        })))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("bug");
    assertThat(Checkpoints.names(temporary)).containsExactly("checkpoint-1");
    assertThat(newestStep()).isEqualTo(1);
  }

  @Test
  void anInterruptionIsNoFaultOfTheUsers() {
    CheckpointStore store = Checkpoints.local(temporary);
    assertThatThrownBy(
            () ->
                store.write(
                    2,
                    Map.of(
                        "half",
                        out -> {
                          throw new InterruptedIOException("killed");
                        })))
        .isInstanceOf(UncheckedIOException.class)
        .hasMessage(
            temporary.resolve("checkpoint-2")
                + ": the checkpoint of step 2 could not be written (killed). Those of other steps"
                + " are untouched.");
  }

  @Test
  void whatCannotBeCleanedUpDoesNotHideTheCauseAndIsNoCheckpoint() throws IOException {
    Configuration hadoop = Checkpoints.hadoop(Remote.ROOM, "50000");
    hadoop.set(Remote.UNDELETABLE, "weights.bin");
    CheckpointStore store = remote(hadoop);
    assertThatThrownBy(() -> store.write(2, Checkpoints.files(2)))
        .isInstanceOf(UserException.class)
        .hasMessage("remote:" + temporary.resolve("checkpoint-2") + FULL);
    List<String> passedOver = new ArrayList<>();
    assertThat(Checkpoints.local(temporary).newestWhole(passedOver::add)).isEmpty();
    assertThat(passedOver).hasSize(1);

    // And the next write of this step begins by cleaning.
    Checkpoints.local(temporary).write(2, Map.of("other", out -> out.write(1)));
    assertThat(Checkpoints.names(temporary.resolve("checkpoint-2")))
        .containsExactly("manifest.json", "other", "spark-finetune-checkpoint");
    assertThat(newestStep()).isEqualTo(2);
  }

  @Test
  void aWholeOneOfTheSameStepIsReplaced() throws IOException {
    CheckpointStore store = Checkpoints.local(temporary);
    store.write(1, Map.of("old", out -> out.write(1)));
    store.write(1, Map.of("new", out -> out.write(2)));
    assertThat(Checkpoints.names(temporary.resolve("checkpoint-1")))
        .containsExactly("manifest.json", "new", "spark-finetune-checkpoint");
    assertThat(newestStep()).isEqualTo(1);
  }

  @Test
  void anotherProgramsCheckpointIsNotOverwritten() throws IOException {
    Path theirs = Files.createDirectory(temporary.resolve("checkpoint-2"));
    Files.createFile(theirs.resolve("optimizer.pt"));
    assertThatThrownBy(() -> Checkpoints.local(temporary).write(2, Checkpoints.files(2)))
        .isInstanceOf(UserException.class)
        .hasMessage(
            theirs
                + ": this folder was not written by spark-finetune, and is not overwritten. Name"
                + " another folder for checkpoints, or move it away.");
    assertThat(Checkpoints.names(theirs)).containsExactly("optimizer.pt");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "../up", "a/b", "a\\b", ".x", "a:b", "manifest.json", "a\nb"})
  void namesThatAreNoPlainFileNamesAreRefused(String name) throws IOException {
    assertThatThrownBy(() -> Checkpoints.local(temporary).write(1, Map.of(name, out -> {})))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("'" + name + "' cannot be a checkpoint's file name");
    assertThat(Checkpoints.names(temporary)).isEmpty();
  }

  @Test
  void aNegativeStepIsRefused() {
    assertThatThrownBy(() -> Checkpoints.local(temporary).write(-1, Map.of()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("step -1 is negative");
    assertThatCode(() -> Checkpoints.local(temporary).write(Integer.MAX_VALUE, Map.of()))
        .doesNotThrowAnyException();
    assertThat(newestStep()).isEqualTo(Integer.MAX_VALUE);
  }

  private CheckpointStore remote(Configuration hadoop) {
    return new CheckpointStore("remote://" + temporary, hadoop);
  }

  private int newestStep() {
    List<String> passedOver = new ArrayList<>();
    StoredCheckpoint newest = Checkpoints.local(temporary).newestWhole(passedOver::add).get();
    assertThat(passedOver).isEmpty();
    return newest.step();
  }
}
