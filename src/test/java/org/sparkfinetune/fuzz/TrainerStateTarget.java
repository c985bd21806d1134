package org.sparkfinetune.fuzz;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.sparkfinetune.train.TestTraining;
import org.sparkfinetune.train.checkpoint.CheckpointStore;
import org.sparkfinetune.train.checkpoint.CheckpointStore.Content;

/** A file of a training's checkpoint whose manifest has the sums of what is there, gone on from. */
final class TrainerStateTarget implements FuzzTarget {
  private static final int STEP = 2;
  private static final String STATE = "trainer_state.json";
  private static final List<String> FILES =
      List.of(STATE, "weights.safetensors", "optimizer.safetensors");

  @Override
  public String name() {
    return "trainer-state";
  }

  @Override
  public List<Sample> samples() throws IOException {
    Path folder = Files.createTempDirectory("training");
    TestTraining.resume(folder, STEP);
    Map<String, byte[]> files = SampleFiles.of(folder.resolve("checkpoint-" + STEP));
    files.keySet().retainAll(FILES);
    List<Sample> samples = new ArrayList<>();
    // Most of it is in the state.
    for (String mutated : List.of(STATE, STATE, STATE, FILES.get(1), FILES.get(2))) {
      samples.add(new Sample(files, mutated));
    }
    return samples;
  }

  @Override
  public void read(Path folder) throws IOException {
    Map<String, Content> contents = new LinkedHashMap<>();
    for (String name : FILES) {
      byte[] bytes = Files.readAllBytes(folder.resolve(name));
      contents.put(name, out -> out.write(bytes));
    }
    Path checkpoints = folder.resolve("checkpoints");
    new CheckpointStore(checkpoints.toString(), new Configuration(false)).write(STEP, contents);
    TestTraining.resume(checkpoints, 2 * STEP);
  }
}
