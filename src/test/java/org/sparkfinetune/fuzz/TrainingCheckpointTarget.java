package org.sparkfinetune.fuzz;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.sparkfinetune.train.checkpoint.CheckpointStore;
import org.sparkfinetune.train.checkpoint.StoredCheckpoint;
import org.sparkfinetune.train.checkpoint.TensorFile;

/** A training's checkpoint, looked for and read as a training does that goes on. */
final class TrainingCheckpointTarget implements FuzzTarget {
  private static final String TENSORS = "tensors.bin";
  private static final int STEP = 7;

  @Override
  public String name() {
    return "training-checkpoint";
  }

  @Override
  public List<Sample> samples() throws IOException {
    Path folder = Files.createTempDirectory("checkpoint");
    try (Tensor tensor = torch.ones(3, 4)) {
      new CheckpointStore(folder.toString(), new Configuration(false))
          .write(STEP, Map.of(TENSORS, out -> TensorFile.write(out, Map.of("weight", tensor))));
    }
    Map<String, byte[]> files = SampleFiles.of(folder);
    List<Sample> samples = new ArrayList<>();
    files.keySet().stream()
        .filter(file -> files.get(file).length > 0)
        .forEach(file -> samples.add(new Sample(files, file)));
    return samples;
  }

  @Override
  public void read(Path folder) throws IOException {
    Optional<StoredCheckpoint> newest =
        new CheckpointStore(folder.toString(), new Configuration(false)).newestWhole(why -> {});
    if (newest.isPresent() && newest.get().has(TENSORS)) {
      try (InputStream in = newest.get().open(TENSORS);
          Tensor tensor = torch.zeros(3, 4)) {
        TensorFile.readInto(in, TENSORS, Map.of("weight", tensor));
      }
    }
  }
}
