package org.sparkfinetune.train.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.sparkfinetune.train.checkpoint.Checkpoints.Remote;

class PruneTest {
  @TempDir private Path temporary;

  /** On the checkpoints of transformers' own test_checkpoint_rotation, and on others. */
  @ParameterizedTest
  @CsvSource({
    "5 10 15 20 25, 2, , 20 25",
    "5 10 15 20 25, 2, 5, 5 25",
    "5 10 15 20 25, 2, 15, 15 25",
    "5 10 15 20 25, 2, 25, 20 25",
    "5 10 15 20 25, 1, , 25",
    "5 10 15 20 25, 1, 25, 25",
    "5 10 15 20 25, 1, 5, 5 25",
    "5 10 15 20 25, 5, 5, 5 10 15 20 25",
    "5 10 15 20 25, 9, , 5 10 15 20 25",
    "5 10 15 20 25, 0, 5, 5 10 15 20 25",
    "5 10 15 20 25, 3, 5, 5 20 25",
    "5 10 15 20 25, 3, 20, 15 20 25",
    "5 10 15 20 25, 5, 10, 5 10 15 20 25",
    "5 10 15 20 25, 2, 12, 20 25",
    "9 10 100, 2, , 10 100",
    "'', 2, 3, ''",
  })
  void keepsWhatHuggingFacesTrainerKeeps(String there, int limit, Integer best, String kept)
      throws IOException {
    CheckpointStore store = Checkpoints.local(temporary);
    for (int step : steps(there)) {
      store.write(step, Map.of("file", out -> out.write(step)));
    }
    store.prune(limit, best == null ? OptionalInt.empty() : OptionalInt.of(best));
    assertThat(Checkpoints.names(temporary))
        .containsExactlyInAnyOrderElementsOf(
            steps(kept).stream().map(step -> "checkpoint-" + step).toList());
  }

  private static List<Integer> steps(String text) {
    return Arrays.stream(text.split(" ")).filter(s -> !s.isEmpty()).map(Integer::valueOf).toList();
  }

  @Test
  void leftoversOlderThanTheNewestGoWhateverTheLimit() throws IOException {
    CheckpointStore store = Checkpoints.local(temporary);
    for (int step = 1; step <= 6; step++) {
      store.write(step, Checkpoints.files(step));
    }
    for (int step : new int[] {2, 4, 6}) {
      Files.delete(temporary.resolve("checkpoint-" + step + "/manifest.json"));
    }
    store.prune(0, OptionalInt.empty());
    assertThat(Checkpoints.names(temporary))
        .containsExactly("checkpoint-1", "checkpoint-3", "checkpoint-5", "checkpoint-6");
  }

  @Test
  void whatOthersWroteIsNeitherCountedNorDeleted() throws IOException {
    Files.createDirectory(temporary.resolve("checkpoint-1"));
    Files.createFile(temporary.resolve("checkpoint-1/optimizer.pt"));
    CheckpointStore store = Checkpoints.local(temporary);
    for (int step = 2; step <= 4; step++) {
      store.write(step, Checkpoints.files(step));
    }
    Files.writeString(temporary.resolve("checkpoint-2/manifest.json"), "{\"format_version\":7}");
    Files.createDirectory(temporary.resolve("runs"));
    store.prune(1, OptionalInt.empty());
    assertThat(Checkpoints.names(temporary))
        .containsExactly("checkpoint-1", "checkpoint-2", "checkpoint-4", "runs");
  }

  @Test
  void oneThatWasFoundDamagedIsNotTheNewestThatStays() throws IOException {
    CheckpointStore writer = Checkpoints.local(temporary);
    for (int step = 1; step <= 3; step++) {
      writer.write(step, Checkpoints.files(step));
    }
    Files.writeString(temporary.resolve("checkpoint-3/state.txt"), "x");
    CheckpointStore resumed = Checkpoints.local(temporary);
    assertThat(resumed.newestWhole(line -> {}).orElseThrow().step()).isEqualTo(2);
    resumed.prune(1, OptionalInt.empty());
    assertThat(Checkpoints.names(temporary)).containsExactly("checkpoint-2", "checkpoint-3");
    resumed.write(3, Checkpoints.files(3));
    resumed.prune(1, OptionalInt.empty());
    assertThat(Checkpoints.names(temporary)).containsExactly("checkpoint-3");
  }

  @Test
  void whatWasWrittenLastStaysBesideLaterStepsOfAnEarlierTraining() throws IOException {
    Checkpoints.local(temporary).write(1000, Checkpoints.files(1000));
    CheckpointStore anew = Checkpoints.local(temporary);
    for (int step : new int[] {10, 20}) {
      anew.write(step, Checkpoints.files(step));
      anew.prune(1, OptionalInt.empty());
      assertThat(Checkpoints.names(temporary))
          .containsExactlyInAnyOrder("checkpoint-" + step, "checkpoint-1000");
    }
  }

  @Test
  void laterStepsAreDeletedButForThoseOfOthers() throws IOException {
    CheckpointStore store = Checkpoints.local(temporary);
    for (int step : new int[] {1, 20, 30, 100}) {
      store.write(step, Checkpoints.files(step));
    }
    Files.delete(temporary.resolve("checkpoint-30/manifest.json"));
    Files.createDirectory(temporary.resolve("checkpoint-50"));
    Files.createFile(temporary.resolve("checkpoint-50/optimizer.pt"));
    store.deleteAfter(20);
    assertThat(Checkpoints.names(temporary))
        .containsExactly("checkpoint-1", "checkpoint-20", "checkpoint-50");
    Checkpoints.local(temporary.resolve("none")).deleteAfter(0);
  }

  @Test
  void whatCannotBeDeletedIsLeftAndTheOthersGo() throws IOException {
    for (int step = 1; step <= 4; step++) {
      Checkpoints.local(temporary).write(step, Checkpoints.files(step));
    }
    new CheckpointStore(
            "remote://" + temporary, Checkpoints.hadoop(Remote.UNDELETABLE, "checkpoint-2/"))
        .prune(1, OptionalInt.empty());
    assertThat(Checkpoints.names(temporary)).containsExactly("checkpoint-2", "checkpoint-4");
    // Interrupted after the manifest, a deletion leaves what the next one finishes.
    new CheckpointStore(
            "remote://" + temporary, Checkpoints.hadoop(Remote.UNDELETABLE, "weights.bin"))
        .prune(1, OptionalInt.empty());
    assertThat(Checkpoints.names(temporary.resolve("checkpoint-2")))
        .doesNotContain("manifest.json");
    Checkpoints.local(temporary).prune(0, OptionalInt.empty());
    assertThat(Checkpoints.names(temporary)).containsExactly("checkpoint-4");
  }

  @Test
  void aFolderThatIsNotThereOrAFileIsNoErrorAndANegativeLimitIs() throws IOException {
    Checkpoints.local(temporary.resolve("none")).prune(1, OptionalInt.empty());
    Checkpoints.local(Files.createFile(temporary.resolve("file"))).prune(1, OptionalInt.empty());
    assertThatThrownBy(() -> Checkpoints.local(temporary).prune(-1, OptionalInt.empty()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("save_total_limit -1 is negative");
  }
}
