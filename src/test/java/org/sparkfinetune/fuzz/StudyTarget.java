package org.sparkfinetune.fuzz;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.sparkfinetune.tune.CategoricalDistribution;
import org.sparkfinetune.tune.Direction;
import org.sparkfinetune.tune.Distribution;
import org.sparkfinetune.tune.FloatDistribution;
import org.sparkfinetune.tune.IntDistribution;
import org.sparkfinetune.tune.Objective;
import org.sparkfinetune.tune.SearchSpace;
import org.sparkfinetune.tune.Study;
import org.sparkfinetune.tune.StudyDefinition;
import org.sparkfinetune.tune.StudyStorage;
import org.sparkfinetune.tune.Trial;
import org.sparkfinetune.tune.pruner.MedianPruner;
import org.sparkfinetune.tune.sampler.TpeSampler;

/** A study's file, gone on with. */
final class StudyTarget implements FuzzTarget {
  private static final String FILE = "study.json";

  @Override
  public String name() {
    return "study";
  }

  @Override
  public List<Sample> samples() throws IOException {
    Path folder = Files.createTempDirectory("study");
    try (StudyStorage file = open(folder)) {
      Study study = Study.begin(plan(), List.of(Map.of("epochs", 3L)), file);
      for (int trial = 0; trial < 4; trial++) {
        Trial running = study.ask(0).orElseThrow();
        int number = running.number();
        running.report(1, 0.1 * trial);
        if (trial == 2) {
          study.fail(number, "no memory");
        } else if (trial < 2) {
          study.complete(number, new Objective.Result(List.of(0.2 * trial), List.of(), Map.of()));
        }
      }
    }
    return List.of(Sample.of(FILE, Files.readAllBytes(folder.resolve(FILE))));
  }

  @Override
  public void read(Path folder) throws IOException {
    try (StudyStorage file = open(folder)) {
      Study study = Study.resume(plan(), file);
      study.ask(0).ifPresent(trial -> study.fail(trial.number(), "ended"));
      study.ask(0);
      study.history().best();
    }
  }

  private static StudyStorage open(Path folder) throws IOException {
    return StudyStorage.open(
        new org.apache.hadoop.fs.Path(folder.resolve(FILE).toUri()), new Configuration());
  }

  private static StudyDefinition plan() {
    Map<String, Distribution> space = new LinkedHashMap<>();
    space.put("rate", new FloatDistribution(1e-5, 1e-3, true, 0));
    space.put("batch", new CategoricalDistribution(List.of(16L, 32L)));
    space.put("epochs", new IntDistribution(1, 4, false, 1));
    return new StudyDefinition(
        "test",
        List.of("eval_accuracy"),
        List.of(Direction.MAXIMIZE),
        SearchSpace.of(space),
        new TpeSampler(1, TpeSampler.Options.DEFAULT),
        new MedianPruner(1, 0, 1, 1),
        8);
  }
}
