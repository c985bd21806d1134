package org.sparkfinetune.tune;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** Importances against Optuna's: importance.json.gz, made by tools/goldens/studies.py. */
class ImportanceTest {
  /** Sums of up to 50 densities, of which Optuna computes logarithms. */
  private static final double TOLERANCE = 1e-12;

  private static final ObjectMapper JSON = new ObjectMapper();

  @TestFactory
  Stream<DynamicTest> equalOptunas() throws Exception {
    try (InputStream file =
        new GZIPInputStream(getClass().getResourceAsStream("importance.json.gz"))) {
      return StreamSupport.stream(JSON.readTree(file).spliterator(), false)
          .map(each -> DynamicTest.dynamicTest(each.get("name").textValue(), () -> check(each)))
          .toList()
          .stream();
    }
  }

  private static void check(JsonNode golden) {
    Map<String, Double> importances =
        Importance.of(history(golden), golden.get("objective").intValue());
    JsonNode expected = golden.get("importances");
    assertThat(importances).hasSize(expected.size());
    importances.forEach(
        (name, value) ->
            assertThat(value)
                .as(name)
                .isCloseTo(expected.get(name).doubleValue(), within(TOLERANCE)));
    // The most important ones first; equal ones in any order.
    List<Double> values = new ArrayList<>(importances.values());
    assertThat(values).isSortedAccordingTo((a, b) -> Double.compare(b, a));
  }

  private static History history(JsonNode golden) {
    List<Direction> directions = new ArrayList<>();
    golden
        .get("directions")
        .forEach(each -> directions.add(Direction.valueOf(each.textValue().toUpperCase())));
    List<Distribution> distributions = new ArrayList<>();
    golden.get("distributions").forEach(each -> distributions.add(distribution(each)));
    List<FrozenTrial> trials = new ArrayList<>();
    for (JsonNode each : golden.get("trials")) {
      Map<String, Object> params = new LinkedHashMap<>();
      Map<String, Distribution> drawn = new LinkedHashMap<>();
      each.get("drawn")
          .fields()
          .forEachRemaining(
              entry -> {
                String name = entry.getKey();
                drawn.put(name, distributions.get(entry.getValue().intValue()));
                params.put(name, value(each.get("params").get(name)));
              });
      List<Double> values = new ArrayList<>();
      each.get("values").forEach(value -> values.add(Double.parseDouble(value.asText())));
      trials.add(
          FrozenTrial.waiting(trials.size(), params, drawn)
              .finished(
                  TrialState.valueOf(each.get("state").textValue()), values, List.of(), 1, ""));
    }
    return new History(directions, trials);
  }

  private static Distribution distribution(JsonNode json) {
    if (json.has("choices")) {
      List<Object> choices = new ArrayList<>();
      json.get("choices").forEach(each -> choices.add(value(each)));
      return new CategoricalDistribution(choices);
    }
    boolean log = json.get("log").booleanValue();
    return json.get("type").textValue().equals("int")
        ? new IntDistribution(
            json.get("low").longValue(),
            json.get("high").longValue(),
            log,
            json.get("step").longValue())
        : new FloatDistribution(
            json.get("low").doubleValue(),
            json.get("high").doubleValue(),
            log,
            json.get("step").doubleValue());
  }

  private static Object value(JsonNode json) {
    if (json.isTextual()) {
      return json.textValue();
    }
    if (json.isBoolean()) {
      return json.booleanValue();
    }
    return json.isIntegralNumber() ? (Object) json.longValue() : (Object) json.doubleValue();
  }
}
