package org.sparkfinetune.tune.pruner;

import java.util.Collection;
import java.util.List;
import java.util.SortedMap;
import org.sparkfinetune.PublicApi;
import org.sparkfinetune.UserException;
import org.sparkfinetune.tune.Direction;
import org.sparkfinetune.tune.FrozenTrial;
import org.sparkfinetune.tune.History;
import org.sparkfinetune.tune.Pruner;
import org.sparkfinetune.tune.TrialState;

/**
 * Stops a trial whose best value so far is worse than a percentile of the complete trials' values
 * at its step.
 *
 * <p>NaN is no value: a trial that has reported nothing else is stopped, and none of a complete
 * trial counts.
 *
 * @param percentile from 0 to 100: at 25, a trial among the best quarter goes on
 * @param startupTrials how many trials must be complete before any is stopped
 * @param warmupSteps the first step at which a trial is judged
 * @param intervalSteps from one step at which it is judged to the next; where nothing is reported
 *     at one, it is judged at the next report instead
 * @param minTrials how many complete trials must have reported at the step
 */
@PublicApi
public record PercentilePruner(
    double percentile, int startupTrials, int warmupSteps, int intervalSteps, int minTrials)
    implements Pruner {
  /**
   * Checks the settings.
   *
   * @throws UserException when one is out of its range
   */
  public PercentilePruner {
    if (!(0 <= percentile && percentile <= 100)) {
      throw new UserException("percentile " + percentile + ": expected 0 to 100");
    }
    Preconditions.atLeast(0, "start-up trials", startupTrials);
    Preconditions.atLeast(0, "warm-up steps", warmupSteps);
    Preconditions.atLeast(1, "interval steps", intervalSteps);
    Preconditions.atLeast(1, "trials at a step", minTrials);
  }

  @Override
  public boolean shouldPrune(History history, FrozenTrial trial) {
    List<FrozenTrial> complete = history.in(TrialState.COMPLETE);
    SortedMap<Integer, Double> values = trial.intermediateValues();
    if (complete.isEmpty() || complete.size() < startupTrials || !isJudgedNow(values)) {
      return false;
    }
    double best = best(history.direction(), values.values());
    if (Double.isNaN(best)) {
      return true;
    }
    List<Double> reported =
        complete.stream()
            .map(other -> other.intermediateValues().get(values.lastKey()))
            .filter(value -> value != null)
            .toList();
    if (reported.size() < minTrials) {
      return false;
    }
    boolean minimize = history.direction() == Direction.MINIMIZE;
    double limit = percentile(reported, minimize ? percentile : 100 - percentile);
    return minimize ? best > limit : best < limit;
  }

  /** Whether nothing was reported yet since the newest step at which the trial is to be judged. */
  private boolean isJudgedNow(SortedMap<Integer, Double> values) {
    if (values.isEmpty() || values.lastKey() < warmupSteps) {
      return false;
    }
    int step = values.lastKey();
    SortedMap<Integer, Double> before = values.headMap(step);
    int due = (step - warmupSteps) / intervalSteps * intervalSteps + warmupSteps;
    return before.isEmpty() || before.lastKey() < due;
  }

  private static double best(Direction direction, Collection<Double> values) {
    double best = Double.NaN;
    for (double value : values) {
      if (direction.isBetter(value, best)) {
        best = value;
      }
    }
    return best;
  }

  /** As NumPy's nanpercentile computes it, to the last bit: values may be equal to it. */
  private static double percentile(List<Double> values, double percent) {
    double[] sorted =
        values.stream()
            .mapToDouble(Double::doubleValue)
            .filter(value -> !Double.isNaN(value))
            .sorted()
            .toArray();
    if (sorted.length == 0) {
      return Double.NaN;
    }
    double index = (sorted.length - 1) * (percent / 100);
    int floor = (int) index;
    double weight = index - floor;
    double low = sorted[floor];
    double high = sorted[Math.min(floor + 1, sorted.length - 1)];
    double range = high - low;
    return weight < 0.5 ? low + range * weight : high - range * (1 - weight);
  }
}
