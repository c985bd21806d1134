package org.sparkfinetune.tune;

import org.sparkfinetune.PublicApi;

/**
 * Says whether a trial should stop. Asked after each intermediate value; what it says depends on
 * its settings and the arguments alone.
 */
@PublicApi
@FunctionalInterface
public interface Pruner {
  /**
   * Whether to stop a trial.
   *
   * @param history all trials so far, this one among them
   * @param trial that runs, with the value just reported as its last
   */
  boolean shouldPrune(History history, FrozenTrial trial);
}
