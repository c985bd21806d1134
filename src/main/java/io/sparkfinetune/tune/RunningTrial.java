package io.sparkfinetune.tune;

import java.util.Map;

/**
 * A trial as its objective sees it: the setting to try, and what to call while it is tried.
 * Thread-safe.
 */
public final class RunningTrial {
  /** Why a trial is stopped before its end. */
  enum Stop {
    PRUNED,
    TIMED_OUT,
    CANCELLED
  }

  private final Study study;
  private final Trial trial;
  private Stop stop;
  private Runnable onStop = () -> {};

  RunningTrial(Study study, Trial trial) {
    this.study = study;
    this.trial = trial;
  }

  /** The trial's number, from 0. */
  public int number() {
    return trial.number();
  }

  /** The setting to try. */
  public Map<String, Object> params() {
    return trial.params();
  }

  /**
   * Notes a value of the first objective on the way, and asks the pruner.
   *
   * @param step what has been spent so far, in whatever unit the trials of the study have in
   *     common, as epochs; a step that has a value already is left alone
   * @return whether the trial is to stop; what {@link #onStop} named has been called then
   */
  public boolean report(int step, double value) {
    if (study.report(number(), step, value)) {
      stop(Stop.PRUNED);
    }
    return isStopped();
  }

  /**
   * Names what ends the trial's work; from then on it is called until the work has ended, at once
   * when the trial is to stop already.
   */
  public synchronized void onStop(Runnable action) {
    onStop = action;
    if (stop != null) {
      action.run();
    }
  }

  /** Whether the trial is to stop. */
  public synchronized boolean isStopped() {
    return stop != null;
  }

  /** Ends the trial's work, or tries to once more. The first reason stays. */
  synchronized void stop(Stop why) {
    stop = stop == null ? why : stop;
    onStop.run();
  }

  /** The trial's work has ended: nothing of it is there to be stopped. */
  synchronized void over() {
    onStop = () -> {};
  }

  synchronized Stop stopped() {
    return stop;
  }
}
