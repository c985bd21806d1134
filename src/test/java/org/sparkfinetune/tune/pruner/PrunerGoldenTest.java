package org.sparkfinetune.tune.pruner;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.TestInstance;
import org.sparkfinetune.tune.Direction;
import org.sparkfinetune.tune.FrozenTrial;
import org.sparkfinetune.tune.History;
import org.sparkfinetune.tune.Pruner;
import org.sparkfinetune.tune.TrialState;

/**
 * Every decision against Optuna's: pruners.json.gz, made by tools/goldens/pruners.py, which says
 * how it is to be read.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PrunerGoldenTest {
  private static final int TRIALS = 1000;
  private static final int TRIALS_OF_STUDY = 100;

  private JsonNode golden;

  @BeforeAll
  void readGolden() throws Exception {
    try (InputStream file =
        new GZIPInputStream(getClass().getResourceAsStream("pruners.json.gz"))) {
      golden = new ObjectMapper().readTree(file);
    }
    assertThat(golden.get("curves")).hasSize(TRIALS);
  }

  @TestFactory
  Stream<DynamicTest> decidesAsOptuna() {
    return StreamSupport.stream(golden.get("cases").spliterator(), false)
        .map(each -> DynamicTest.dynamicTest(each.get("name").textValue(), () -> replay(each)));
  }

  private void replay(JsonNode each) {
    int trials = 0;
    for (int index = 0; index < each.get("studies").size(); index++) {
      JsonNode study = each.get("studies").get(index);
      Replay replay = new Replay(each, index);
      String slots = study.get("slots").textValue();
      String decisions = study.get("decisions").textValue();
      for (int n = 0; n < slots.length(); n++) {
        assertThat(replay.report(slots.charAt(n) - '0'))
            .as("study %d, report %d", index, n)
            .isEqualTo(decisions.charAt(n) == '1');
      }
      assertThat(replay.trials).extracting(trial -> trial.state().isFinished()).containsOnly(true);
      trials += replay.trials.size();
    }
    assertThat(trials).isEqualTo(TRIALS);
  }

  /** A study of a case, as it went on. */
  private final class Replay {
    private final JsonNode each;
    private final int index;
    private final Direction direction;
    private final Pruner pruner;
    private final List<FrozenTrial> trials = new ArrayList<>();
    private final int[] inSlot = new int[10];
    private long time;

    Replay(JsonNode each, int index) {
      this.each = each;
      this.index = index;
      direction = Direction.valueOf(golden.get("directions").get(index).textValue().toUpperCase());
      pruner = pruner(each.get("pruner"), "study-" + index);
      Arrays.fill(inSlot, -1);
    }

    /** The next report of a slot's trial; what the pruner says is done. */
    boolean report(int slot) {
      time++;
      if (inSlot[slot] < 0) {
        inSlot[slot] = trials.size();
        trials.add(FrozenTrial.waiting(trials.size(), Map.of(), Map.of()).started(slot, time));
      }
      int number = inSlot[slot];
      JsonNode curve = golden.get("curves").get(index * TRIALS_OF_STUDY + number);
      boolean dense = each.get("dense").booleanValue();
      int first = dense ? 1 : curve.get("first").intValue();
      int stride = dense ? 1 : curve.get("stride").intValue();
      double[] values =
          Arrays.stream(curve.get("values").textValue().split(" "))
              .mapToDouble(text -> value(text, each.get("coarse").intValue()))
              .toArray();
      int reported = trials.get(number).intermediateValues().size();
      int step = each.get("scale").intValue() * (first + stride * reported);
      FrozenTrial trial = trials.get(number).reported(step, values[reported]);
      trials.set(number, trial);
      boolean prune = pruner.shouldPrune(new History(List.of(direction), trials), trial);
      if (prune) {
        end(slot, TrialState.PRUNED, List.of());
      } else if (reported + 1 == values.length) {
        double last = values[reported];
        if (curve.get("fails").booleanValue() || Double.isNaN(last)) {
          end(slot, TrialState.FAILED, List.of());
        } else {
          end(slot, TrialState.COMPLETE, List.of(last));
        }
      }
      return prune;
    }

    private void end(int slot, TrialState state, List<Double> results) {
      trials.set(
          inSlot[slot], trials.get(inSlot[slot]).finished(state, results, List.of(), time, ""));
      inSlot[slot] = -1;
    }
  }

  private static double value(String text, int coarse) {
    return switch (text) {
      case "nan" -> Double.NaN;
      case "inf" -> Double.POSITIVE_INFINITY;
      case "-inf" -> Double.NEGATIVE_INFINITY;
      default -> Math.floorDiv(Integer.parseInt(text), coarse) * coarse / 1000.0;
    };
  }

  private static Pruner pruner(JsonNode settings, String study) {
    return switch (settings.get(0).textValue()) {
      case "nop" -> new NopPruner();
      case "median" ->
          new MedianPruner(
              number(settings, 1), number(settings, 2), number(settings, 3), number(settings, 4));
      case "percentile" ->
          new PercentilePruner(
              settings.get(1).doubleValue(),
              number(settings, 2),
              number(settings, 3),
              number(settings, 4),
              number(settings, 5));
      case "halving" ->
          new SuccessiveHalvingPruner(
              resource(settings, 1), number(settings, 2), number(settings, 3), number(settings, 4));
      case "hyperband" ->
          new HyperbandPruner(
              study,
              number(settings, 1),
              resource(settings, 2),
              number(settings, 3),
              number(settings, 4));
      case "patient" ->
          new PatientPruner(
              settings.get(1).isNull() ? (history, trial) -> true : pruner(settings.get(1), study),
              number(settings, 2),
              settings.get(3).doubleValue());
      default -> throw new AssertionError(settings);
    };
  }

  private static int number(JsonNode settings, int index) {
    return settings.get(index).intValue();
  }

  private static OptionalInt resource(JsonNode settings, int index) {
    return settings.get(index).isTextual()
        ? OptionalInt.empty()
        : OptionalInt.of(settings.get(index).intValue());
  }

  /**
   * The one case in which they may differ: the fourth trial's report jumps over three rungs and is
   * stopped at the second. Optuna remembers it there, too; here it counts in the first alone, so
   * that two trials have come to the second when the last one does, and it is not among the best.
   */
  @Test
  void aStoppedReportThatJumpsOverRungsCountsInTheFirstAlone() {
    Pruner pruner = new SuccessiveHalvingPruner(OptionalInt.of(1), 2, 0, 0);
    List<FrozenTrial> trials = new ArrayList<>();
    StringBuilder decisions = new StringBuilder();
    for (JsonNode report : golden.get("jumps").get("reports")) {
      FrozenTrial trial =
          FrozenTrial.waiting(trials.size(), Map.of(), Map.of())
              .started(0, trials.size())
              .reported(report.get(0).intValue(), report.get(1).doubleValue());
      trials.add(trial);
      History history = new History(List.of(Direction.MINIMIZE), trials);
      boolean prune = pruner.shouldPrune(history, trial);
      decisions.append(prune ? '1' : '0');
      trials.set(
          trial.number(),
          trial.finished(
              prune ? TrialState.PRUNED : TrialState.COMPLETE,
              prune ? List.of() : List.of(report.get(1).doubleValue()),
              List.of(),
              trials.size(),
              ""));
    }
    assertThat(golden.get("jumps").get("decisions").textValue()).isEqualTo("010110");
    assertThat(decisions).hasToString("010111");
  }

  @Test
  void theMedianIsNumPysToTheLastBit() {
    List<FrozenTrial> trials = new ArrayList<>();
    for (JsonNode value : golden.get("tie").get("values")) {
      trials.add(
          FrozenTrial.waiting(trials.size(), Map.of(), Map.of())
              .started(0, 1)
              .reported(1, value.doubleValue()));
    }
    FrozenTrial trial = trials.get(2);
    for (int i = 0; i < 2; i++) {
      trials.set(i, trials.get(i).finished(TrialState.COMPLETE, List.of(1.0), List.of(), 2, ""));
    }
    assertThat(golden.get("tie").get("prune").booleanValue()).isTrue();
    assertThat(
            new MedianPruner(2, 0, 1, 1)
                .shouldPrune(new History(List.of(Direction.MINIMIZE), trials), trial))
        .isTrue();
  }
}
