package org.sparkfinetune.tune;

import java.util.Comparator;
import java.util.List;

/** The trials that none is better than in one objective without being worse in another. */
public final class ParetoFront {
  private ParetoFront() {}

  /**
   * The complete trials on the front that meet the constraints, by number. Of trials with the same
   * values all are on it, or none.
   */
  public static List<FrozenTrial> of(History history) {
    List<FrozenTrial> trials =
        history.in(TrialState.COMPLETE).stream()
            .filter(trial -> trial.violation() == 0)
            .filter(trial -> trial.values().stream().noneMatch(value -> value.isNaN()))
            .toList();
    return trials.stream()
        .filter(trial -> trials.stream().noneMatch(other -> dominates(history, other, trial)))
        .sorted(Comparator.comparingInt(FrozenTrial::number))
        .toList();
  }

  private static boolean dominates(History history, FrozenTrial trial, FrozenTrial other) {
    boolean better = false;
    for (int i = 0; i < history.directions().size(); i++) {
      double loss = history.directions().get(i).loss(trial.values().get(i));
      double otherLoss = history.directions().get(i).loss(other.values().get(i));
      if (loss > otherLoss) {
        return false;
      }
      better |= loss < otherLoss;
    }
    return better;
  }
}
