package org.sparkfinetune.tune;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** Fronts against Optuna's best_trials: pareto.json, made by tools/goldens/studies.py. */
class ParetoFrontTest {

  private static final List<Direction> TWO = List.of(Direction.MAXIMIZE, Direction.MINIMIZE);

  @TestFactory
  Stream<DynamicTest> equalOptunas() throws Exception {
    JsonNode golden = new ObjectMapper().readTree(getClass().getResource("pareto.json"));
    return StreamSupport.stream(golden.spliterator(), false)
        .map(each -> DynamicTest.dynamicTest(each.get("name").textValue(), () -> check(each)));
  }

  private static void check(JsonNode golden) {
    List<Direction> directions = new ArrayList<>();
    golden
        .get("directions")
        .forEach(each -> directions.add(Direction.valueOf(each.textValue().toUpperCase())));
    List<FrozenTrial> trials = new ArrayList<>();
    for (JsonNode each : golden.get("trials")) {
      trials.add(
          trial(
              trials.size(),
              TrialState.valueOf(each.get("state").textValue()),
              numbers(each.get("values")),
              numbers(each.get("constraints"))));
    }
    History history = new History(directions, trials);
    List<Integer> front = new ArrayList<>();
    golden.get("front").forEach(number -> front.add(number.intValue()));
    assertThat(ParetoFront.of(history)).extracting(FrozenTrial::number).isEqualTo(front);
  }

  private static List<Double> numbers(JsonNode json) {
    List<Double> numbers = new ArrayList<>();
    json.forEach(number -> numbers.add(number.doubleValue()));
    return numbers;
  }

  private static FrozenTrial trial(
      int number, TrialState state, List<Double> values, List<Double> constraints) {
    return FrozenTrial.waiting(number, Map.of(), Map.of())
        .finished(state, values, constraints, 1, "");
  }

  private static History history(double... values) {
    List<FrozenTrial> trials = new ArrayList<>();
    for (int i = 0; i < values.length; i += 2) {
      trials.add(
          trial(trials.size(), TrialState.COMPLETE, List.of(values[i], values[i + 1]), List.of()));
    }
    return new History(TWO, trials);
  }

  @Test
  void aTrialWithoutANumberIsOnNoFront() {
    History history = history(Double.NaN, 1, 2, 3);
    assertThat(ParetoFront.of(history)).extracting(FrozenTrial::number).containsExactly(1);
  }
}
