package org.sparkfinetune.tune.pruner;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.sparkfinetune.tune.Direction;
import org.sparkfinetune.tune.FrozenTrial;
import org.sparkfinetune.tune.History;
import org.sparkfinetune.tune.Pruner;
import org.sparkfinetune.tune.TrialState;

/** What every pruner promises, on studies of 60 trials, three at once. */
class PrunerContractTest {
  private static final int TRIALS = 60;
  private static final int STEPS = 30;
  private static final long SEED = 5;

  static Stream<Arguments> pruners() {
    MedianPruner median = new MedianPruner(5, 0, 1, 1);
    return Stream.of(
        arguments(new NopPruner(), false),
        arguments(median, true),
        arguments(new PercentilePruner(25, 3, 4, 3, 2), true),
        arguments(new SuccessiveHalvingPruner(OptionalInt.of(1), 3, 0, 0), true),
        arguments(new SuccessiveHalvingPruner(OptionalInt.empty(), 4, 1, 0), true),
        arguments(new HyperbandPruner("study", 1, OptionalInt.of(STEPS), 3, 0), true),
        arguments(new HyperbandPruner("study", 1, OptionalInt.empty(), 3, 0), true),
        arguments(new PatientPruner(median, 2, 0.001), true));
  }

  /** A study at each of its reports, with what the pruner said. */
  private record Asked(History history, FrozenTrial trial, boolean prune) {}

  /** Runs a study; {@code sign} turns its values round, and its direction with them. */
  private static List<Asked> study(Pruner pruner, int sign) {
    Direction direction = sign > 0 ? Direction.MINIMIZE : Direction.MAXIMIZE;
    Random random = new Random(SEED);
    List<Asked> asked = new ArrayList<>();
    List<FrozenTrial> trials = new ArrayList<>();
    List<Integer> running = new ArrayList<>();
    double[] ends = random.doubles(TRIALS).toArray();
    for (int time = 1; trials.size() < TRIALS || !running.isEmpty(); time++) {
      while (running.size() < 3 && trials.size() < TRIALS) {
        running.add(trials.size());
        trials.add(FrozenTrial.waiting(trials.size(), Map.of(), Map.of()).started(0, time));
      }
      int number = running.get(random.nextInt(running.size()));
      int step = trials.get(number).intermediateValues().size() + 1;
      double value = sign * (ends[number] + 1.0 / step + 0.1 * random.nextGaussian());
      // The first trial has numbers alone: NaN may stop any.
      boolean none = random.nextInt(50) == 0 && number > 0;
      FrozenTrial trial = trials.get(number).reported(step, none ? Double.NaN : value);
      trials.set(number, trial);
      History history = new History(List.of(direction), trials);
      boolean prune = pruner.shouldPrune(history, trial);
      asked.add(new Asked(history, trial, prune));
      boolean fails = random.nextInt(200) == 0 && number > 0;
      if (prune || fails || step == STEPS) {
        TrialState state =
            prune ? TrialState.PRUNED : fails ? TrialState.FAILED : TrialState.COMPLETE;
        List<Double> results = state == TrialState.COMPLETE ? List.of(value) : List.of();
        trials.set(number, trial.finished(state, results, List.of(), time, ""));
        running.remove((Integer) number);
      }
    }
    return asked;
  }

  /** The other promises are empty for a pruner that never prunes, or always. */
  @ParameterizedTest
  @MethodSource("pruners")
  void stopsSomeTrialsAndNotOthers(Pruner pruner, boolean prunes) {
    long pruned = study(pruner, 1).stream().filter(Asked::prune).count();
    if (prunes) {
      assertThat(pruned).isBetween(10L, TRIALS - 1L);
    } else {
      assertThat(pruned).isZero();
    }
  }

  @ParameterizedTest
  @MethodSource("pruners")
  void neverStopsTheFirstTrialWhileItIsAlone(Pruner pruner, boolean prunes) {
    FrozenTrial trial = FrozenTrial.waiting(0, Map.of(), Map.of()).started(0, 1);
    for (int step = 1; step <= STEPS; step++) {
      trial = trial.reported(step, step);
      for (Direction direction : Direction.values()) {
        History history = new History(List.of(direction), List.of(trial));
        assertThat(pruner.shouldPrune(history, trial)).isFalse();
      }
    }
  }

  @ParameterizedTest
  @MethodSource("pruners")
  void letsATrialWithoutValuesGoOn(Pruner pruner, boolean prunes) {
    List<Asked> asked = study(pruner, 1);
    List<FrozenTrial> trials = new ArrayList<>(asked.get(asked.size() - 1).history().trials());
    FrozenTrial trial = FrozenTrial.waiting(TRIALS, Map.of(), Map.of()).started(0, 1);
    trials.add(trial);
    for (Direction direction : Direction.values()) {
      assertThat(pruner.shouldPrune(new History(List.of(direction), trials), trial)).isFalse();
    }
  }

  @ParameterizedTest
  @MethodSource("pruners")
  void saysTheSameWhenAskedAgainLater(Pruner pruner, boolean prunes) {
    for (Asked each : study(pruner, 1)) {
      assertThat(pruner.shouldPrune(each.history(), each.trial())).isEqualTo(each.prune());
    }
  }

  @ParameterizedTest
  @MethodSource("pruners")
  void doesNotDependOnTheOrderOfTheTrials(Pruner pruner, boolean prunes) {
    Random random = new Random(SEED);
    for (Asked each : study(pruner, 1)) {
      List<FrozenTrial> trials = new ArrayList<>(each.history().trials());
      Collections.shuffle(trials, random);
      History history = new History(each.history().directions(), trials);
      assertThat(pruner.shouldPrune(history, each.trial())).isEqualTo(each.prune());
    }
  }

  @ParameterizedTest
  @MethodSource("pruners")
  void decidesTheSameWithValuesAndDirectionTurnedRound(Pruner pruner, boolean prunes) {
    assertThat(study(pruner, -1))
        .extracting(Asked::prune)
        .isEqualTo(study(pruner, 1).stream().map(Asked::prune).toList());
  }
}
