package org.sparkfinetune.report;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.sparkfinetune.tune.CategoricalDistribution;
import org.sparkfinetune.tune.Direction;
import org.sparkfinetune.tune.FloatDistribution;
import org.sparkfinetune.tune.FrozenTrial;
import org.sparkfinetune.tune.History;
import org.sparkfinetune.tune.IntDistribution;
import org.sparkfinetune.tune.SearchSpace;
import org.sparkfinetune.tune.SearchSpace.Condition;
import org.sparkfinetune.tune.SearchSpace.Parameter;
import org.sparkfinetune.tune.TrialState;

/** Studies for tests of their reports. */
final class Studies {
  static final long START = Runs.START;

  private static final Optional<Condition> ALWAYS = Optional.empty();

  /** A logarithmic number, a whole one, choices, and a number that is there for one choice. */
  static final SearchSpace SPACE =
      new SearchSpace(
          List.of(
              new Parameter(
                  "training.learning_rate", new FloatDistribution(1e-5, 1e-3, true, 0), ALWAYS),
              new Parameter("training.epochs", new IntDistribution(1, 4, false, 1), ALWAYS),
              new Parameter(
                  "training.optimizer",
                  new CategoricalDistribution(List.of("adamw", "lamb")),
                  ALWAYS),
              new Parameter(
                  "training.adam_beta2",
                  new FloatDistribution(0.9, 0.999, false, 0),
                  Optional.of(new Condition("training.optimizer", List.of("adamw"))))));

  private Studies() {}

  /** Draws a trial's parameters. */
  static FrozenTrial waiting(SearchSpace space, int number, Random random) {
    Map<String, Object> params =
        space.draw(
            (name, distribution) -> {
              if (distribution instanceof FloatDistribution floats && floats.log()) {
                double low = Math.log(floats.low());
                return Math.exp(low + random.nextDouble() * (Math.log(floats.high()) - low));
              } else if (distribution instanceof FloatDistribution floats) {
                return floats.low() + random.nextDouble() * (floats.high() - floats.low());
              }
              List<Object> values = distribution.values();
              return values.get(random.nextInt(values.size()));
            });
    return FrozenTrial.waiting(number, params, space.distributions(params));
  }

  /** With one value, ended after so many seconds in a slot. */
  static FrozenTrial complete(int number, int slot, long from, long to, Double... values) {
    return begun(number, slot, from)
        .finished(TrialState.COMPLETE, Arrays.asList(values), List.of(), START + 1000 * to, "");
  }

  static FrozenTrial begun(int number, int slot, long from) {
    Map<String, Object> params =
        Map.of("training.learning_rate", 1e-5 * (number + 1), "training.epochs", 1L + number % 4);
    return FrozenTrial.waiting(number, params, SPACE.distributions(params))
        .started(slot, START + 1000 * from);
  }

  static StudyReportInput input(Direction direction, List<FrozenTrial> trials, int slots) {
    return input(new History(List.of(direction), trials), List.of("eval_accuracy"), slots);
  }

  static StudyReportInput input(History history, List<String> objectives, int slots) {
    return new StudyReportInput(
        "study",
        history,
        SPACE,
        objectives,
        Map.of(),
        slots,
        START + 3_600_000,
        Map.of(),
        Map.of(),
        Map.of());
  }

  /** So many random trials of a space in some slots: most complete, some pruned, few failed. */
  static List<FrozenTrial> random(SearchSpace space, int count, int slots, int objectives) {
    Random random = new Random(7);
    long[] free = new long[slots];
    Arrays.fill(free, START);
    List<FrozenTrial> trials = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int slot = 0;
      for (int s = 1; s < slots; s++) {
        slot = free[s] < free[slot] ? s : slot;
      }
      FrozenTrial trial = waiting(space, i, random).started(slot, free[slot] + 200);
      double rate = (double) trial.params().get("training.learning_rate");
      double quality = 0.93 - 0.04 * Math.pow(Math.log10(rate / 2e-4), 2);
      quality += 0.006 * random.nextGaussian();
      double fate = random.nextDouble();
      int steps = fate < 0.04 ? 2 : fate >= 0.1 && fate < 0.4 ? 1 + random.nextInt(5) : 8;
      for (int step = 1; step <= steps; step++) {
        double noise = 0.01 * random.nextGaussian();
        trial = trial.reported(25 * step, quality * (1 - Math.exp(-0.6 * step)) + noise);
      }
      long end = trial.start() + 4000L * steps + random.nextInt(6000);
      free[slot] = end;
      if (fate < 0.04) {
        trial = trial.finished(TrialState.FAILED, List.of(), List.of(), end, reason(random));
      } else if (fate >= 0.1 && fate < 0.4) {
        String reason = "worse than the median at step " + 25 * steps;
        trial = trial.finished(TrialState.PRUNED, List.of(), List.of(), end, reason);
      } else if (i < count - slots || count < 4) {
        List<Double> values = new ArrayList<>(List.of(fate < 0.07 ? Double.NaN : quality));
        for (int o = 1; o < objectives; o++) {
          values.add(5 + 40 * Math.abs(quality - 0.7) + 6 * random.nextDouble());
        }
        trial = trial.finished(TrialState.COMPLETE, values, List.of(), end, "");
      }
      trials.add(trial);
    }
    return trials;
  }

  private static String reason(Random random) {
    return random.nextBoolean()
        ? "the loss is NaN at step 12: try a smaller training.learning_rate"
        : "java.lang.OutOfMemoryError: CUDA out of memory: tried to allocate 1.2 GiB";
  }

  /** Two slots: the second trial is best, the third pruned, the fourth failed, the fifth runs. */
  static List<FrozenTrial> trials() {
    return List.of(
        complete(0, 0, 0, 60, 0.90),
        complete(1, 1, 0, 90, 0.925),
        begun(2, 0, 60)
            .reported(10, 0.3)
            .reported(20, 0.5)
            .finished(
                TrialState.PRUNED, List.of(), List.of(), START + 80_000, "worse than the median"),
        begun(3, 0, 80)
            .finished(TrialState.FAILED, List.of(), List.of(), START + 85_000, "out of memory"),
        begun(4, 0, 90).reported(10, 0.8));
  }

  /** The same, written so many seconds after the start. */
  static StudyReportInput at(StudyReportInput input, long seconds) {
    return new StudyReportInput(
        input.name(),
        input.history(),
        input.space(),
        input.objectives(),
        input.importances(),
        input.slots(),
        START + 1000 * seconds,
        input.facts(),
        input.links(),
        input.runs());
  }
}
