package org.sparkfinetune.tune;

import org.sparkfinetune.PublicApi;

/** Where a trial stands. */
@PublicApi
public enum TrialState {
  /** Has not begun: enqueued, with some or all of its parameters, or to be run again with all. */
  WAITING,
  /** Runs now. */
  RUNNING,
  /** Has its values. */
  COMPLETE,
  /** Was stopped by the pruner; its last intermediate value stands for it. */
  PRUNED,
  /** Has failed, with a reason. */
  FAILED;

  /** Whether nothing more will come of the trial. */
  public boolean isFinished() {
    return this == COMPLETE || this == PRUNED || this == FAILED;
  }
}
