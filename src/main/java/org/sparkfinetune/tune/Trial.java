package org.sparkfinetune.tune;

import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.sparkfinetune.PublicApi;

/**
 * A trial as its objective sees it: the setting to try, and what to call while it is tried.
 * Thread-safe.
 */
@PublicApi
public final class Trial {
  private static final Logger LOG = LoggerFactory.getLogger(Trial.class);

  /** Why a trial is stopped before its end. */
  enum Stop {
    PRUNED,
    TIMED_OUT,
    CANCELLED
  }

  /** Takes what trials report. */
  @FunctionalInterface
  interface Reports {
    /** Notes an intermediate value; whether the trial should stop. */
    boolean report(int number, int step, double value);
  }

  private final Reports reports;
  private final FrozenTrial trial;
  private final AtomicReference<Stop> stop = new AtomicReference<>();
  private Runnable onStop = () -> {};

  Trial(FrozenTrial trial, Reports reports) {
    this.trial = trial;
    this.reports = reports;
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
    if (reports.report(number(), step, value)) {
      stop(Stop.PRUNED);
    }
    return isStopped();
  }

  /**
   * Names what ends the trial's work; from then on it is called until the work has ended, at once
   * when the trial is to stop already. What it throws is logged.
   */
  public synchronized void onStop(Runnable action) {
    onStop = action;
    if (isStopped()) {
      callOnStop();
    }
  }

  private void callOnStop() {
    try {
      onStop.run();
    } catch (RuntimeException e) {
      LOG.warn("trial {} could not be told to stop", number(), e);
    }
  }

  /** Whether the trial is to stop. */
  public boolean isStopped() {
    return stop.get() != null;
  }

  /** Ends the trial's work, or tries to once more. The first reason stays. */
  void stop(Stop why) {
    // Outside of the lock: whoever asks is not to wait for an action that blocks.
    stop.compareAndSet(null, why);
    synchronized (this) {
      callOnStop();
    }
  }

  /** The trial's work has ended: nothing of it is there to be stopped. */
  synchronized void over() {
    onStop = () -> {};
  }

  Stop stopped() {
    return stop.get();
  }
}
