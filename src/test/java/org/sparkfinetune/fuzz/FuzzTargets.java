package org.sparkfinetune.fuzz;

import java.util.ArrayList;
import java.util.List;

/** The kinds of files that are tried. */
final class FuzzTargets {
  static final List<FuzzTarget> ALL = all();

  private FuzzTargets() {}

  private static List<FuzzTarget> all() {
    List<FuzzTarget> all = new ArrayList<>(List.of(new TokenizerTarget()));
    all.addAll(PretrainedModelTarget.all());
    all.add(new MlflowTarget());
    all.add(new ExportTarget());
    all.add(new SavedPipelineTarget());
    all.add(new TrainingCheckpointTarget());
    all.add(new TrainerStateTarget());
    all.add(new JournalTarget());
    all.add(new StudyTarget());
    all.add(new ConfTarget());
    all.add(new RowsTarget());
    return List.copyOf(all);
  }

  static FuzzTarget named(String name) {
    return ALL.stream()
        .filter(target -> target.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    name + " is none of " + ALL.stream().map(FuzzTarget::name).toList()));
  }
}
