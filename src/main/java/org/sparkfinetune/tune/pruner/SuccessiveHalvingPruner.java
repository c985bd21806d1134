package org.sparkfinetune.tune.pruner;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.sparkfinetune.PublicApi;
import org.sparkfinetune.UserException;
import org.sparkfinetune.tune.FrozenTrial;
import org.sparkfinetune.tune.History;
import org.sparkfinetune.tune.Pruner;

/**
 * Asynchronous successive halving (ASHA): at the steps {@code r, r * factor, r * factor^2, ...},
 * where {@code r} is {@code minResource * factor^minEarlyStoppingRate}, a trial goes on only if it
 * is among the best {@code 1 / factor} of those that have come so far. NaN never goes on.
 *
 * <p>Which rungs a trial has reached, and with what, is told from its intermediate values: at each
 * rung its first value at or past the rung's step. That is what Optuna remembers, but where
 *
 * <ul>
 *   <li>a report jumps over several rungs. The trial competes at each of them in turn, with the
 *       same value. Whether one that was stopped so had gone on from the first of them is not in
 *       its values: it is taken not to have, and counts in the first alone. Report at every rung,
 *       and there is no difference.
 *   <li>trials already ran when an automatic {@code minResource} was found. They count at the rungs
 *       behind them with the values that they had there, and are not judged there any more; in
 *       Optuna they are, with their next value.
 *   <li>another pruner, such as {@link PatientPruner}, asks this one at some reports only. It says
 *       whether the trial should stop at the rung that it reaches just then, and no more about
 *       those behind it.
 * </ul>
 *
 * @param minResource the first step at which a trial may be stopped, but for the rate; empty to
 *     take a hundredth of the last step of the first complete trial, before which none is stopped
 * @param reductionFactor one in so many goes on at each rung
 * @param minEarlyStoppingRate how many rungs are left out at the start
 * @param bootstrapCount how many trials are stopped at a rung before any goes on from it; needs a
 *     {@code minResource}
 */
@PublicApi
public record SuccessiveHalvingPruner(
    OptionalInt minResource, int reductionFactor, int minEarlyStoppingRate, int bootstrapCount)
    implements Pruner {
  /**
   * Checks the settings.
   *
   * @throws UserException when one is out of its range, or two exclude each other
   */
  public SuccessiveHalvingPruner {
    Preconditions.atLeast(1, "minimum resource", minResource.orElse(1));
    Preconditions.atLeast(2, "reduction factor", reductionFactor);
    Preconditions.atLeast(0, "minimum early-stopping rate", minEarlyStoppingRate);
    Preconditions.atLeast(0, "bootstrap count", bootstrapCount);
    if (bootstrapCount > 0 && minResource.isEmpty()) {
      throw new UserException(
          "bootstrap count " + bootstrapCount + " without a minimum resource: give one");
    }
  }

  @Override
  public boolean shouldPrune(History history, FrozenTrial trial) {
    if (minResource.isPresent()) {
      return isStopped(minResource.getAsInt(), history, history.trials(), trial);
    }
    Optional<FirstCompleteTrial> first = FirstCompleteTrial.of(history);
    return first.isPresent()
        && isStopped(
            Math.max(first.get().lastStep() / 100, 1),
            history,
            first.get().later(history.trials()),
            trial);
  }

  private boolean isStopped(
      int resource, History history, List<FrozenTrial> competitors, FrozenTrial trial) {
    double first = resource * Math.pow(reductionFactor, minEarlyStoppingRate);
    return new Rungs(first, reductionFactor, bootstrapCount)
        .isStopped(history.direction(), competitors, trial);
  }
}
