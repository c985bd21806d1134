package org.sparkfinetune.tune.pruner;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SortedMap;
import org.sparkfinetune.tune.Direction;
import org.sparkfinetune.tune.FrozenTrial;
import org.sparkfinetune.tune.TrialState;

/**
 * The rungs of successive halving: the steps {@code resource * factor^rung} at which trials compete
 * for going on.
 *
 * @param resource the step of the first rung
 * @param factor one in so many goes on at each
 * @param bootstrap trials that stop at a rung before any may go on from it
 */
record Rungs(double resource, int factor, int bootstrap) {
  /**
   * Whether a trial has reached a rung and is not among the best there.
   *
   * @param competitors trials that it competes with; that it may be among them makes no difference
   */
  boolean isStopped(Direction direction, List<FrozenTrial> competitors, FrozenTrial trial) {
    SortedMap<Integer, Double> values = trial.intermediateValues();
    if (values.isEmpty()) {
      return false;
    }
    int step = values.lastKey();
    double value = values.get(step);
    // It would not run any more if it had not gone on from those that it has reached before.
    int rung = reached(values.headMap(step), false).size();
    if (step < step(rung)) {
      return false;
    }
    if (Double.isNaN(value)) {
      return true;
    }
    List<List<Double>> others =
        competitors.stream()
            .filter(other -> other.number() != trial.number())
            .map(other -> reached(other.intermediateValues(), other.state() == TrialState.PRUNED))
            .toList();
    for (; step >= step(rung); rung++) {
      if (!goesOn(direction, others, rung, value)) {
        return true;
      }
    }
    return false;
  }

  private boolean goesOn(Direction direction, List<List<Double>> others, int rung, double value) {
    double loss = direction.loss(value);
    double[] rivals =
        others.stream()
            .filter(reached -> reached.size() > rung)
            .mapToDouble(reached -> direction.loss(reached.get(rung)))
            .toArray();
    int count = rivals.length + 1;
    if (count <= bootstrap) {
      return false;
    }
    // The best of fewer than `factor` goes on as well.
    int places = Math.max(count / factor, 1);
    return Arrays.stream(rivals).filter(rival -> rival < loss).count() < places;
  }

  /**
   * A trial's value at each rung that it has reached: the first that is a number at or past the
   * rung's step.
   *
   * @param pruned whether it was stopped at its last value, which then counts in one rung alone
   */
  private List<Double> reached(SortedMap<Integer, Double> values, boolean pruned) {
    List<Double> reached = new ArrayList<>();
    values.forEach(
        (step, value) -> {
          boolean stopped = pruned && step.equals(values.lastKey());
          while (!Double.isNaN(value) && step >= step(reached.size())) {
            reached.add(value);
            if (stopped) {
              break;
            }
          }
        });
    return reached;
  }

  /** The step of a rung; past every step where there is none of it. */
  private double step(int rung) {
    return resource * Math.pow(factor, rung);
  }
}
