package org.sparkfinetune.tune.pruner;

import java.util.List;
import java.util.Optional;
import org.sparkfinetune.tune.FrozenTrial;
import org.sparkfinetune.tune.History;
import org.sparkfinetune.tune.TrialState;

/**
 * The first trial that was complete, from which a pruner learns how long trials are. Before that it
 * stops none.
 *
 * @param time when it was finished
 * @param lastStep its newest step that has a value
 */
record FirstCompleteTrial(long time, int lastStep) {
  /** None where no complete trial has reported anything. */
  static Optional<FirstCompleteTrial> of(History history) {
    List<FrozenTrial> complete =
        history.in(TrialState.COMPLETE).stream()
            .filter(trial -> trial.lastStep().isPresent())
            .toList();
    return complete.stream()
        .map(FrozenTrial::end)
        .min(Long::compare)
        .map(
            time ->
                new FirstCompleteTrial(
                    time,
                    complete.stream()
                        .filter(trial -> trial.end() == time)
                        .mapToInt(trial -> trial.lastStep().getAsInt())
                        .max()
                        .getAsInt()));
  }

  /** The trials but those that were finished before there were rungs to compete at. */
  List<FrozenTrial> later(List<FrozenTrial> trials) {
    return trials.stream()
        .filter(trial -> !trial.state().isFinished() || trial.end() > time)
        .toList();
  }
}
