package io.sparkfinetune.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.sparkfinetune.UserException;
import io.sparkfinetune.collective.Collective;
import io.sparkfinetune.train.checkpoint.CheckpointStore;
import io.sparkfinetune.train.checkpoint.CheckpointStore.Content;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Checkpoints that are whole, but none of a training. */
class CheckpointsTest {
  @TempDir private java.nio.file.Path folder;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "| its manifest names no trainer_state.json",
        "weights.safetensors optimizer.safetensors | its manifest names no trainer_state.json",
        "trainer_state.json | its manifest names no weights.safetensors",
        "trainer_state.json weights.safetensors | its manifest names no optimizer.safetensors",
        "trainer_state.json weights.safetensors optimizer.safetensors | trainer_state.json: Unexpected character",
      })
  void whatATrainingDoesNotFindInItIsNamed(String files, String why) {
    Map<String, Content> contents = new LinkedHashMap<>();
    for (String file : files == null ? List.<String>of() : List.of(files.split(" "))) {
      contents.put(file, out -> out.write("<html>".getBytes()));
    }
    new CheckpointStore(folder.toString(), new Configuration(false)).write(7, contents);
    assertThat(checkpoints(false).newest("run", line -> {})).isEmpty();
    assertThatThrownBy(() -> checkpoints(true).newest("run", line -> {}))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith(
            "the checkpoint at step 7 in " + folder + " was written by another release (" + why)
        .hasMessageEndingWith("). Go on with that one, or start anew with resume=false");
  }

  private Checkpoints checkpoints(boolean resume) {
    return Checkpoints.of(
            new CheckpointArguments(folder.toString(), IntervalStrategy.EPOCH, 500, 2, resume),
            new Configuration(false),
            Collective.alone())
        .orElseThrow();
  }
}
