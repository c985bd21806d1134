package org.sparkfinetune.train;

import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Where a training stands, but for its tensors: what a checkpoint holds as {@code
 * trainer_state.json}. The order of rows and dropout are functions of the seed and the step, so
 * there is no state of a random generator.
 *
 * @param run the training that wrote it; a stage that Spark runs again has the same
 * @param step optimizer steps done
 * @param rowsSeen training rows of all workers in those steps
 * @param batchSize rows of a step
 * @param optimizerSteps how often the optimizer has changed the weights; another number than {@code
 *     step} where steps were skipped, or were counted for another batch size
 * @param seconds that the training took so far, in all processes that brought it here
 * @param fingerprints of what it started from
 * @param settings of the training and the model, by their paths
 * @param losses of the steps done
 * @param best what is known of the weights kept
 * @param earlyStoppingBest the best metric so far
 * @param earlyStoppingWorse evaluations since then
 * @param lazyDecayFactor what word vectors that are not in use are to be multiplied with
 * @param lossScale of fp16, else null
 * @param logHistory what was reported
 */
record TrainerState(
    String run,
    int step,
    long rowsSeen,
    int batchSize,
    int optimizerSteps,
    double seconds,
    Fingerprints fingerprints,
    Map<String, String> settings,
    LossLog.State losses,
    BestWeights.State best,
    double earlyStoppingBest,
    int earlyStoppingWorse,
    double lazyDecayFactor,
    LossScaler.State lossScale,
    List<LogEntry> logHistory) {
  /**
   * Requires what a training stands on: the file may be anybody's.
   *
   * @throws IllegalArgumentException saying what is not there, or no number that can be
   */
  TrainerState {
    require(run != null, "run");
    require(step >= 0, "step");
    require(rowsSeen >= 0, "rowsSeen");
    require(batchSize > 0, "batchSize");
    require(optimizerSteps >= 0, "optimizerSteps");
    require(seconds >= 0 && Double.isFinite(seconds), "seconds");
    require(fingerprints != null, "fingerprints");
    require(settings != null && isWhole(settings.values()), "settings");
    require(losses != null && isWhole(losses.last()), "losses");
    require(losses.rows() >= losses.reportedRows() && losses.reportedRows() >= 0, "losses");
    require(best != null && best.description() != null && best.metrics() != null, "best");
    require(isWhole(best.metrics().values()), "best");
    require(Double.isFinite(lazyDecayFactor) && Double.isFinite(best.lazyDecayFactor()), "best");
    require(!Double.isNaN(earlyStoppingBest) && earlyStoppingWorse >= 0, "earlyStopping");
    require(lossScale == null || lossScale.scale() > 0 && lossScale.steps() >= 0, "lossScale");
    require(isWhole(logHistory), "logHistory");
    for (int i = 0; i < logHistory.size(); i++) {
      LogEntry entry = logHistory.get(i);
      require(entry.index() == i && entry.step() >= 0, "logHistory");
      require(Double.isFinite(entry.epoch()) && entry.values() != null, "logHistory");
      require(isWhole(entry.values().values()), "logHistory");
    }
  }

  private static boolean isWhole(Collection<?> values) {
    return values != null && values.stream().allMatch(Objects::nonNull);
  }

  private static void require(boolean sound, String what) {
    if (!sound) {
      throw new IllegalArgumentException(what + " is missing, or nothing that a training has");
    }
  }
}
