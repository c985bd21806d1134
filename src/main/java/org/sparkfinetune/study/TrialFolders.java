package org.sparkfinetune.study;

import java.io.IOException;
import java.util.Optional;
import org.apache.hadoop.fs.FileStatus;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sparkfinetune.config.Settings;
import org.sparkfinetune.pipeline.ClassifierPipeline;
import org.sparkfinetune.storage.OutputDirectory;
import org.sparkfinetune.storage.OutputFiles;
import org.sparkfinetune.tune.Direction;
import org.sparkfinetune.tune.FrozenTrial;
import org.sparkfinetune.tune.Objective;
import org.sparkfinetune.tune.Study;
import org.sparkfinetune.tune.TrialState;

/**
 * What trials leave in the output: checkpoints while they run, and the model of the best one.
 * Thread-safe.
 */
final class TrialFolders {
  private static final Logger LOG = LoggerFactory.getLogger(TrialFolders.class);

  private final OutputDirectory output;
  private final Study study;
  private int kept;

  /**
   * Takes the best model of a study that had ended, and is gone on with, back among the trials'.
   */
  TrialFolders(OutputDirectory output, Study study) throws IOException {
    this.output = output;
    this.study = study;
    kept = study.history().best().map(FrozenTrial::number).orElse(-1);
    if (kept >= 0 && output.exists(OutputFiles.MODEL) && bestModel().isEmpty()) {
      output.rename(OutputFiles.MODEL, model(kept));
    }
  }

  /** Whether something in the folder of trials can be a trial's. */
  static boolean isOfATrial(FileStatus status) {
    return status.isDirectory() && status.getPath().getName().matches("\\d+");
  }

  private static String model(int trial) {
    return folder(trial) + "/" + OutputFiles.MODEL;
  }

  private static String folder(int trial) {
    return OutputFiles.TRIALS + "/" + trial;
  }

  /** Where a trial keeps its checkpoints. */
  String checkpoints(int trial, String suffix) {
    return output.path(folder(trial) + "/" + OutputFiles.CHECKPOINTS + suffix);
  }

  /** The model of the best trial, where one is kept. */
  Optional<String> bestModel() throws IOException {
    return kept >= 0 && output.exists(model(kept)) ? Optional.of(model(kept)) : Optional.empty();
  }

  /** Saves a trial's model if it is the best so far, and the study has not given the trial up. */
  synchronized void offer(
      int trial, Objective.Result result, ClassifierPipeline pipeline, Settings setting)
      throws IOException {
    boolean allowed = result.constraints().stream().allMatch(c -> c <= 0);
    if (allowed && isRunning(trial) && isBest(trial, result.values().get(0))) {
      pipeline.save(output.path(model(trial)));
    }
  }

  private boolean isRunning(int trial) {
    return study.history().in(TrialState.RUNNING).stream().anyMatch(t -> t.number() == trial);
  }

  /** Of those that are as good, the first is the best, as in the study's own view. */
  private boolean isBest(int trial, double value) {
    Optional<FrozenTrial> best = study.history().best();
    Direction direction = study.plan().directions().get(0);
    return best.isEmpty()
        || direction.isBetter(value, best.get().value())
        || value == best.get().value() && trial < best.get().number();
  }

  /** Deletes what is no longer wanted when a trial has ended; the study's file has it by now. */
  synchronized void ended(FrozenTrial trial) {
    if (!trial.state().isFinished()) {
      return;
    }
    try {
      boolean isBest = study.history().best().map(FrozenTrial::number).orElse(-1) == trial.number();
      if (!isBest) {
        output.delete(folder(trial.number()));
        return;
      }
      output.deleteBut(folder(trial.number()), OutputFiles.MODEL);
      if (kept >= 0 && kept != trial.number()) {
        output.delete(folder(kept));
      }
      kept = trial.number();
    } catch (IOException e) {
      LOG.warn("what trial {} has left could not be deleted: {}", trial.number(), e.toString());
    }
  }
}
