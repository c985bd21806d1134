package io.sparkfinetune.tune;

/** Where a trial stands. */
public enum TrialState {
  /** Has its parameters and has not begun: enqueued, or to be run again. */
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
