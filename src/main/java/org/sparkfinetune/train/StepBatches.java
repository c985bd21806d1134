package org.sparkfinetune.train;

import java.util.List;
import org.sparkfinetune.tokenize.BatchSampler;

/** The rows of each step, which follow from the seed and the step alone. */
final class StepBatches {
  private final ShardedRows rows;
  private final boolean groupsByLength;
  private final long seed;
  private List<int[]> batches;
  private int epochOfBatches = -1;
  private int fetchedUpTo;

  StepBatches(ShardedRows rows, boolean groupsByLength, long seed) {
    this.rows = rows;
    this.groupsByLength = groupsByLength;
    this.seed = seed;
  }

  /** The rows of the step that comes after so many, fetched from the workers that hold them. */
  int[] after(int step, StepPlan plan) {
    int epoch = step / plan.stepsPerEpoch();
    int index = step % plan.stepsPerEpoch();
    if (epoch != epochOfBatches) {
      batches = BatchSampler.trainingBatches(rows, plan.batchSize(), groupsByLength, seed, epoch);
      epochOfBatches = epoch;
      fetchedUpTo = index;
    }
    if (index >= fetchedUpTo) {
      fetchedUpTo = index + rows.fetch(batches, index);
    }
    return batches.get(index);
  }
}
