package org.sparkfinetune.tune.sampler;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import org.sparkfinetune.tune.FrozenTrial;
import org.sparkfinetune.tune.History;
import org.sparkfinetune.tune.TrialState;

/**
 * The trials that a sampler learns from, in good ones and others, each by number.
 *
 * <p>Good are the best complete ones; where there are too few, the pruned ones that got furthest,
 * and then those that miss their constraints by least.
 */
record TrialSplit(List<FrozenTrial> good, List<FrozenTrial> others) {
  private static final double GOOD_PART = 0.1;
  private static final int MOST_GOOD = 25;

  /**
   * Splits a history.
   *
   * @param number the trial that is asked for, which is left out
   * @param unfinishedIsBad whether trials that run, or are to, count among the others
   */
  static TrialSplit of(History history, int number, boolean unfinishedIsBad) {
    List<FrozenTrial> complete = new ArrayList<>();
    List<FrozenTrial> pruned = new ArrayList<>();
    List<FrozenTrial> infeasible = new ArrayList<>();
    List<FrozenTrial> others = new ArrayList<>();
    for (FrozenTrial trial : history.trials()) {
      if (trial.number() == number || trial.state() == TrialState.FAILED) {
        continue;
      }
      if (!trial.state().isFinished()) {
        if (unfinishedIsBad) {
          others.add(trial);
        }
      } else if (!(trial.violation() == 0)) {
        infeasible.add(trial);
      } else {
        (trial.state() == TrialState.COMPLETE ? complete : pruned).add(trial);
      }
    }
    int finished = complete.size() + pruned.size() + infeasible.size();
    int part = (int) Math.ceil(GOOD_PART * finished);
    boolean single = history.directions().size() == 1;
    int left = single ? Math.min(part, MOST_GOOD) : part;

    List<FrozenTrial> good = new ArrayList<>();
    if (single) {
      left -= take(left, sorted(complete, byValue(history)), good, others);
    } else {
      Set<FrozenTrial> best = NonDominatedSort.best(history.directions(), complete, left);
      complete.forEach(trial -> (best.contains(trial) ? good : others).add(trial));
      left -= best.size();
    }
    left -= take(left, sorted(pruned, byProgress(history)), good, others);
    take(
        left, sorted(infeasible, Comparator.comparingDouble(FrozenTrial::violation)), good, others);
    return new TrialSplit(byNumber(good), byNumber(others));
  }

  /** Takes the first for good; returns how many. */
  private static int take(
      int n, List<FrozenTrial> trials, List<FrozenTrial> good, List<FrozenTrial> others) {
    int taken = Math.min(n, trials.size());
    good.addAll(trials.subList(0, taken));
    others.addAll(trials.subList(taken, trials.size()));
    return taken;
  }

  private static Comparator<FrozenTrial> byValue(History history) {
    // Plus 0: -0.0 and 0.0 are the same.
    return Comparator.comparingDouble(trial -> history.direction().loss(trial.value()) + 0.0);
  }

  /** Who got furthest, then who was best there; last who has reported nothing. */
  private static Comparator<FrozenTrial> byProgress(History history) {
    return Comparator.<FrozenTrial>comparingInt(
            trial -> trial.lastStep().isEmpty() ? 1 : -trial.lastStep().getAsInt())
        .thenComparingDouble(
            trial ->
                trial.lastStep().isEmpty()
                    ? 0
                    : history
                            .direction()
                            .loss(trial.intermediateValues().get(trial.lastStep().getAsInt()))
                        + 0.0);
  }

  private static List<FrozenTrial> sorted(List<FrozenTrial> trials, Comparator<FrozenTrial> order) {
    return trials.stream().sorted(order).toList();
  }

  private static List<FrozenTrial> byNumber(List<FrozenTrial> trials) {
    return sorted(trials, Comparator.comparingInt(FrozenTrial::number));
  }

  /** How many trials have said how good they are. */
  static long learned(History history) {
    return history.trials().stream()
        .filter(t -> t.state() == TrialState.COMPLETE || t.state() == TrialState.PRUNED)
        .count();
  }
}
