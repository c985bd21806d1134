package org.sparkfinetune.tune.pruner;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.zip.CRC32;
import org.sparkfinetune.PublicApi;
import org.sparkfinetune.UserException;
import org.sparkfinetune.tune.FrozenTrial;
import org.sparkfinetune.tune.History;
import org.sparkfinetune.tune.Pruner;

/**
 * Hyperband: trials are spread over brackets, in each of which successive halving begins one rung
 * later, and compete with those of their own bracket alone.
 *
 * <p>A trial's bracket is found as Optuna does: the CRC-32 of {@code NAME_NUMBER} in UTF-8, modulo
 * the sum of the brackets' shares, falls into one of the shares. There are {@code floor(log(max /
 * min) / log(factor)) + 1} brackets, in doubles as in Optuna: for 243 steps and factor 3, 5 and not
 * 6, as the quotient of the logarithms is just below 5.
 *
 * <p>What {@link SuccessiveHalvingPruner} says of reports that jump over rungs, and of trials that
 * ran when a resource was found, holds here as well.
 *
 * @param studyName brackets of another study with the same settings are drawn anew
 * @param minResource the first step at which a trial of the first bracket may be stopped
 * @param maxResource how many steps a trial has; empty to take the last step of the first complete
 *     trial, plus one, before which none is stopped
 * @param reductionFactor one in so many goes on at each rung
 * @param bootstrapCount how many trials of a bracket are stopped at a rung before any goes on from
 *     it; needs a {@code maxResource}
 */
@PublicApi
public record HyperbandPruner(
    String studyName,
    int minResource,
    OptionalInt maxResource,
    int reductionFactor,
    int bootstrapCount)
    implements Pruner {
  /**
   * Checks the settings.
   *
   * @throws UserException when one is out of its range, or two exclude each other
   */
  public HyperbandPruner {
    Preconditions.atLeast(1, "minimum resource", minResource);
    Preconditions.atLeast(minResource, "maximum resource", maxResource.orElse(minResource));
    Preconditions.atLeast(2, "reduction factor", reductionFactor);
    Preconditions.atLeast(0, "bootstrap count", bootstrapCount);
    if (bootstrapCount > 0 && maxResource.isEmpty()) {
      throw new UserException(
          "bootstrap count " + bootstrapCount + " without a maximum resource: give one");
    }
  }

  @Override
  public boolean shouldPrune(History history, FrozenTrial trial) {
    if (maxResource.isPresent()) {
      return isStopped(maxResource.getAsInt(), history, history.trials(), trial);
    }
    Optional<FirstCompleteTrial> first = FirstCompleteTrial.of(history);
    // A first trial of too few steps leaves no bracket.
    return first.isPresent()
        && first.get().lastStep() + 1 >= minResource
        && isStopped(
            first.get().lastStep() + 1, history, first.get().later(history.trials()), trial);
  }

  private boolean isStopped(
      int steps, History history, List<FrozenTrial> trials, FrozenTrial trial) {
    long[] shares = shares(steps);
    int bracket = bracket(shares, trial.number());
    List<FrozenTrial> competitors =
        trials.stream().filter(other -> bracket(shares, other.number()) == bracket).toList();
    return new Rungs(
            minResource * Math.pow(reductionFactor, bracket), reductionFactor, bootstrapCount)
        .isStopped(history.direction(), competitors, trial);
  }

  /** How many of the trials go to each bracket; as many as would use the same steps in each. */
  private long[] shares(int steps) {
    // Not StrictMath, whose log(3) is not the nearest double, as Python's and that of Math are.
    double rungs = Math.log((double) steps / minResource) / Math.log(reductionFactor);
    int brackets = (int) Math.floor(rungs) + 1;
    long[] shares = new long[brackets];
    for (int bracket = 0; bracket < brackets; bracket++) {
      int s = brackets - 1 - bracket;
      shares[bracket] = (long) Math.ceil(brackets * Math.pow(reductionFactor, s) / (s + 1));
    }
    return shares;
  }

  private int bracket(long[] shares, int number) {
    CRC32 crc = new CRC32();
    crc.update((studyName + "_" + number).getBytes(StandardCharsets.UTF_8));
    long sum = 0;
    for (long share : shares) {
      sum += share;
    }
    long place = crc.getValue() % sum;
    int bracket = 0;
    while (place >= shares[bracket]) {
      place -= shares[bracket++];
    }
    return bracket;
  }
}
