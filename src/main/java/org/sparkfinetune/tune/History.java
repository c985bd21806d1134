package org.sparkfinetune.tune;

import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import org.sparkfinetune.PublicApi;

/**
 * What a study knows at a moment.
 *
 * @param directions of the objectives, one each
 * @param trials by number
 */
@PublicApi
public record History(List<Direction> directions, List<FrozenTrial> trials) {
  /** Copies what it is given. */
  public History {
    directions = List.copyOf(directions);
    trials = List.copyOf(trials);
  }

  /** The direction of the only, or first, objective, whose values are reported on the way. */
  public Direction direction() {
    return directions.get(0);
  }

  /** The trials in a state, by number. */
  public List<FrozenTrial> in(TrialState state) {
    return trials.stream().filter(trial -> trial.state() == state).toList();
  }

  /** The best complete trial that meets the constraints, by the first objective; the earliest. */
  public Optional<FrozenTrial> best() {
    return in(TrialState.COMPLETE).stream()
        .filter(trial -> trial.violation() == 0)
        .min(Comparator.comparingDouble(trial -> direction().loss(trial.value())));
  }
}
