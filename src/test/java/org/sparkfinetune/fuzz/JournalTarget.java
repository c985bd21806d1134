package org.sparkfinetune.fuzz;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.sparkfinetune.track.DatasetInfo;
import org.sparkfinetune.track.JournalReader;
import org.sparkfinetune.track.RunHandle;
import org.sparkfinetune.track.RunStatus;
import org.sparkfinetune.track.Tracker;

/** A run's journal, read as {@code jobs/runs} does and gone on with as a job does. */
final class JournalTarget implements FuzzTarget {
  @Override
  public String name() {
    return "journal";
  }

  @Override
  public List<Sample> samples() throws IOException {
    Path folder = Files.createTempDirectory("journal");
    try (Tracker tracker = Tracker.open(folder, "", Optional.empty())) {
      RunHandle run = tracker.startRun("first", "intents", "", Map.of("job", "fine-tune"));
      run.logParams(Map.of("training.seed", "42", "model.base", "minilm-l6"));
      for (int step = 1; step < 4; step++) {
        run.logMetrics(step, Map.of("loss", 1.0 / step, "eval_accuracy", Double.NaN));
      }
      run.logInput(
          "training",
          new DatasetInfo(
              "train.csv", "9f86", "csv", "train.csv", Map.of("text", "string"), Map.of("n", 3L)));
      run.end(RunStatus.FINISHED);
    }
    Map<String, byte[]> files = SampleFiles.of(folder);
    List<Sample> samples = new ArrayList<>();
    for (String file : files.keySet()) {
      if (files.get(file).length > 0) {
        samples.add(new Sample(files, file));
      }
    }
    return samples;
  }

  @Override
  public void read(Path folder) throws IOException {
    JournalReader.runs(new org.apache.hadoop.fs.Path(folder.toUri()), new Configuration(false));
    try (Tracker tracker = Tracker.open(folder, "", Optional.empty())) {
      tracker.unfinishedRun().map(tracker::resumeRun).ifPresent(run -> run.end(RunStatus.FAILED));
    }
    JournalReader.runs(new org.apache.hadoop.fs.Path(folder.toUri()), new Configuration(false));
  }
}
