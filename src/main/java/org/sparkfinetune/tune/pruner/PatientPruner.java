package org.sparkfinetune.tune.pruner;

import java.util.ArrayList;
import java.util.List;
import org.sparkfinetune.PublicApi;
import org.sparkfinetune.UserException;
import org.sparkfinetune.tune.Direction;
import org.sparkfinetune.tune.FrozenTrial;
import org.sparkfinetune.tune.History;
import org.sparkfinetune.tune.Pruner;

/**
 * Asks another pruner only about trials that have not improved for a while: whose newest {@code
 * patience + 1} values are all worse than the best before them. NaN is no value; where all values
 * before, or all the newest, are NaN, the other is not asked.
 *
 * <p>Meant for pruners that judge at any report, such as the median: one of rungs judges only at
 * reports that reach one, and seldom is it asked just then.
 *
 * @param pruner asked then; {@code (history, trial) -> true} stops every such trial, which is early
 *     stopping
 * @param patience how many values without an improvement are let pass
 * @param minDelta by how much the newest values must at least be worse
 */
@PublicApi
public record PatientPruner(Pruner pruner, int patience, double minDelta) implements Pruner {
  /**
   * Checks the settings.
   *
   * @throws UserException when one is out of its range
   */
  public PatientPruner {
    Preconditions.atLeast(0, "patience", patience);
    if (!(minDelta >= 0)) {
      throw new UserException("minimum delta " + minDelta + ": expected at least 0");
    }
  }

  @Override
  public boolean shouldPrune(History history, FrozenTrial trial) {
    List<Double> values = new ArrayList<>(trial.intermediateValues().values());
    int before = values.size() - patience - 1;
    if (before < 1) {
      return false;
    }
    Direction direction = history.direction();
    // False where one of the two is NaN.
    return leastLoss(direction, values.subList(0, before)) + minDelta
            < leastLoss(direction, values.subList(before, values.size()))
        && pruner.shouldPrune(history, trial);
  }

  private static double leastLoss(Direction direction, List<Double> values) {
    return values.stream()
        .mapToDouble(direction::loss)
        .filter(loss -> !Double.isNaN(loss))
        .min()
        .orElse(Double.NaN);
  }
}
