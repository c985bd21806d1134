package org.sparkfinetune.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.sparkfinetune.UserException;
import org.sparkfinetune.collective.SingleWorkerGroup;
import org.sparkfinetune.train.checkpoint.CheckpointStore;
import org.sparkfinetune.train.checkpoint.CheckpointStore.Content;

/** Checkpoints that are whole, but none of a training. */
class CheckpointsTest {
  @TempDir private Path folder;

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

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '^',
      value = {
        "\"step\":2       | \"step\":-1            | step is missing, or nothing that a training has",
        "\"step\":2       | \"step\":3             | trainer_state.json is of step 3",
        "\"batchSize\":4  | \"batchSize\":0        | batchSize is missing",
        "\"settings\":{   | \"settings\":null,\"x\":{ | settings is missing",
        "\"settings\":{   | \"settings\":{\"a\":null,  | settings is missing",
        "\"last\":[       | \"last\":[null,        | losses is missing",
        "\"metrics\":{    | \"metrics\":{\"a\":null,   | best is missing",
        "\"logHistory\":[ | \"logHistory\":[{},    | Missing creator property 'index'",
        "\"logHistory\":[ | \"logHistory\":[null,  | logHistory is missing",
        "{\"index\":0     | {\"index\":7           | logHistory is missing",
        "\"lossScale\":null | \"lossScale\":{\"scale\":0,\"steps\":1} | lossScale is missing",
        "{ | NULNULNUL{ | Illegal character",
      })
  void aStateThatNoTrainingHasIsRefused(String found, String put, String why) throws IOException {
    TestTraining.resume(folder, 2);
    Path written = folder.resolve("checkpoint-2");
    Map<String, Content> contents = new LinkedHashMap<>();
    for (String file :
        List.of("trainer_state.json", "weights.safetensors", "optimizer.safetensors")) {
      byte[] bytes = Files.readAllBytes(written.resolve(file));
      contents.put(file, out -> out.write(bytes));
    }
    String state = Files.readString(written.resolve("trainer_state.json"));
    assertThat(state).contains(found);
    byte[] other =
        state.replace(found, put.replace("NUL", "\u0000")).getBytes(StandardCharsets.UTF_8);
    contents.put("trainer_state.json", out -> out.write(other));
    new CheckpointStore(folder.toString(), new Configuration(false)).write(2, contents);

    assertThatThrownBy(() -> checkpoints(true).newest("run", line -> {}))
        .isInstanceOf(UserException.class)
        .hasMessageContaining(why);
    assertThat(checkpoints(false).newest("test", line -> {})).isEmpty();
  }

  private Checkpoints checkpoints(boolean resume) {
    return Checkpoints.of(
            new CheckpointArguments(folder.toString(), IntervalStrategy.EPOCH, 500, 2, resume),
            new Configuration(false),
            SingleWorkerGroup.INSTANCE)
        .orElseThrow();
  }
}
