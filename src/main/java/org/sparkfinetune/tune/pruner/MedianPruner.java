package org.sparkfinetune.tune.pruner;

import org.sparkfinetune.PublicApi;
import org.sparkfinetune.UserException;
import org.sparkfinetune.tune.FrozenTrial;
import org.sparkfinetune.tune.History;
import org.sparkfinetune.tune.Pruner;

/**
 * Stops a trial whose best value so far is worse than the median of the complete trials' at its
 * step: {@link PercentilePruner} at 50.
 *
 * @param startupTrials how many trials must be complete before any is stopped
 * @param warmupSteps the first step at which a trial is judged
 * @param intervalSteps from one step at which it is judged to the next
 * @param minTrials how many complete trials must have a value at the step
 */
@PublicApi
public record MedianPruner(int startupTrials, int warmupSteps, int intervalSteps, int minTrials)
    implements Pruner {
  /**
   * Checks the settings.
   *
   * @throws UserException when one is out of its range
   */
  public MedianPruner {
    new PercentilePruner(50, startupTrials, warmupSteps, intervalSteps, minTrials);
  }

  @Override
  public boolean shouldPrune(History history, FrozenTrial trial) {
    return new PercentilePruner(50, startupTrials, warmupSteps, intervalSteps, minTrials)
        .shouldPrune(history, trial);
  }
}
