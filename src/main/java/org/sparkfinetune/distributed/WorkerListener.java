package org.sparkfinetune.distributed;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.spark.BarrierTaskContext;
import org.apache.spark.util.AccumulatorV2;
import org.sparkfinetune.train.TrainerListener;
import org.sparkfinetune.train.TrainingPlan;
import org.sparkfinetune.train.TrainingProgress;

/**
 * Ends a worker's training when Spark has killed its task, and lets the driver know of the first
 * worker's.
 */
final class WorkerListener implements TrainerListener {
  private final ResourcePlan resources;
  private final int slotsFree;
  private final WorkerDevice device;
  private final int rank;
  private final AccumulatorV2<TrainingProgress, TrainingProgress> progress;
  private List<String> planned = List.of();

  /**
   * Listens for one worker.
   *
   * @param slotsFree slots that were free before the training
   */
  WorkerListener(
      ResourcePlan resources,
      int slotsFree,
      WorkerDevice device,
      int rank,
      AccumulatorV2<TrainingProgress, TrainingProgress> progress) {
    this.resources = resources;
    this.slotsFree = slotsFree;
    this.device = device;
    this.rank = rank;
    this.progress = progress;
  }

  @Override
  public void onTrainBegin(TrainingPlan plan) {
    planned = new ArrayList<>(plan.lines());
    planned.add(
        String.format(
            "workers     %d with %d thread%s each, on %s; slots needed %d, free %d",
            resources.workers(),
            resources.threadsPerWorker(),
            resources.threadsPerWorker() == 1 ? "" : "s",
            device.torchName(),
            resources.slotsNeeded(),
            slotsFree));
    onProgress(new TrainingProgress(0, plan.steps().totalSteps(), 0, 0, Map.of()));
  }

  @Override
  public void onPredictionStep() {
    BarrierTaskContext.get().killTaskIfInterrupted();
  }

  @Override
  public void onProgress(TrainingProgress newest) {
    BarrierTaskContext.get().killTaskIfInterrupted();
    if (rank == 0) {
      List<String> notes = new ArrayList<>(planned);
      notes.addAll(newest.notes());
      progress.add(newest.withNotes(notes));
    }
  }
}
