package org.sparkfinetune.tune;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.sparkfinetune.UserException;

/** A study as JSON, and back. */
final class StudyJson {
  /** Of a trial; no study has as many. */
  private static final int LARGEST_NUMBER = 100_000_000;

  private StudyJson() {}

  static Map<String, Object> of(StudyDefinition plan, History history) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("name", plan.name());
    json.put("objective", plan.objectives().get(0));
    json.put("direction", spelling(plan.directions().get(0)));
    if (plan.objectives().size() > 1) {
      json.put("objectives", plan.objectives());
      json.put("directions", plan.directions().stream().map(StudyJson::spelling).toList());
    }
    json.put("best_trial", history.best().map(FrozenTrial::number).orElse(null));
    json.put("trials", history.trials().stream().map(StudyJson::of).toList());
    return json;
  }

  private static String spelling(Direction direction) {
    return direction.name().toLowerCase(Locale.ROOT);
  }

  private static Map<String, Object> of(FrozenTrial trial) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("number", trial.number());
    json.put("state", trial.state().name());
    json.put("value", trial.values().isEmpty() ? null : number(trial.value()));
    if (trial.values().size() > 1) {
      json.put("values", trial.values().stream().map(StudyJson::number).toList());
    }
    json.put("params", trial.params());
    Map<String, Object> intermediate = new LinkedHashMap<>();
    trial.intermediateValues().forEach((k, v) -> intermediate.put(k.toString(), number(v)));
    json.put("intermediate_values", intermediate);
    if (!trial.constraints().isEmpty()) {
      json.put("constraints", trial.constraints().stream().map(StudyJson::number).toList());
    }
    json.put("start", time(trial.start()));
    json.put("end", time(trial.end()));
    json.put("slot", trial.slot() < 0 ? null : trial.slot());
    json.put("reason", trial.reason().isEmpty() ? null : trial.reason());
    Map<String, Object> distributions = new LinkedHashMap<>();
    trial.distributions().forEach((name, value) -> distributions.put(name, of(value)));
    json.put("distributions", distributions);
    return json;
  }

  /** JSON has no number for what is not finite. */
  private static Object number(double value) {
    return Double.isFinite(value) ? (Object) value : String.valueOf(value);
  }

  private static String time(long millis) {
    return millis == 0 ? null : Instant.ofEpochMilli(millis).toString();
  }

  private static Map<String, Object> of(Distribution distribution) {
    Map<String, Object> json = new LinkedHashMap<>();
    if (distribution instanceof FloatDistribution d) {
      json.put("type", "float");
      json.put("low", d.low());
      json.put("high", d.high());
      json.put("log", d.log());
      json.put("step", d.step());
    } else if (distribution instanceof IntDistribution d) {
      json.put("type", "int");
      json.put("low", d.low());
      json.put("high", d.high());
      json.put("log", d.log());
      json.put("step", d.step());
    } else if (distribution instanceof CategoricalDistribution d) {
      json.put("type", "categorical");
      json.put("choices", d.choices());
    }
    return json;
  }

  /**
   * The trials of a study.
   *
   * @param place for messages
   * @throws UserException when it is none, or one of other objectives
   */
  static List<FrozenTrial> trials(JsonNode root, StudyDefinition plan, String place) {
    String found = objectives(root);
    String expected =
        objectives(plan.objectives(), plan.directions().stream().map(StudyJson::spelling).toList());
    if (!found.equals(expected)) {
      throw new UserException(
          "%s is the study of another objective (%s): expected %s; choose another output"
              .formatted(place, found, expected));
    }
    Map<Integer, FrozenTrial> trials = new LinkedHashMap<>();
    for (JsonNode json : root.path("trials")) {
      try {
        FrozenTrial trial = trial(json, plan.objectives().size());
        if (trials.put(trial.number(), trial) != null) {
          throw new UserException("there are two of that number");
        }
      } catch (IllegalArgumentException | UserException e) {
        throw new UserException(
            "%s, trial %s: %s".formatted(place, json.path("number"), e.getMessage()), e);
      }
    }
    return List.copyOf(trials.values());
  }

  private static String objectives(JsonNode root) {
    return root.has("objectives")
        ? objectives(texts(root.path("objectives")), texts(root.path("directions")))
        : objectives(
            List.of(root.path("objective").asText()), List.of(root.path("direction").asText()));
  }

  /** As {@code eval_accuracy, maximize; train_runtime, minimize}. */
  private static String objectives(List<String> names, List<String> directions) {
    return IntStream.range(0, names.size())
        .mapToObj(i -> names.get(i) + ", " + (i < directions.size() ? directions.get(i) : ""))
        .collect(Collectors.joining("; "));
  }

  private static List<String> texts(JsonNode list) {
    List<String> texts = new ArrayList<>();
    list.forEach(text -> texts.add(text.asText()));
    return texts;
  }

  private static FrozenTrial trial(JsonNode json, int objectives) {
    JsonNode number = json.path("number");
    if (!number.isInt() || number.intValue() < 0 || number.intValue() > LARGEST_NUMBER) {
      throw new UserException("number=" + number + ": expected one from 0 to " + LARGEST_NUMBER);
    }
    Map<String, Object> params = new LinkedHashMap<>();
    json.path("params").fields().forEachRemaining(e -> params.put(e.getKey(), value(e.getValue())));
    Map<String, Distribution> distributions = new LinkedHashMap<>();
    json.path("distributions")
        .fields()
        .forEachRemaining(e -> distributions.put(e.getKey(), distribution(e.getValue())));
    SortedMap<Integer, Double> intermediate = new TreeMap<>();
    json.path("intermediate_values")
        .fields()
        .forEachRemaining(e -> intermediate.put(Integer.valueOf(e.getKey()), number(e.getValue())));
    List<Double> values = numbers(json.path("values"));
    if (values.isEmpty() && json.hasNonNull("value")) {
      values = List.of(number(json.get("value")));
    }
    TrialState state = TrialState.valueOf(json.path("state").asText());
    if (state == TrialState.COMPLETE && values.size() != objectives) {
      throw new UserException(
          "state=COMPLETE with " + values.size() + " values: expected " + objectives);
    }
    return new FrozenTrial(
        number.intValue(),
        state,
        params,
        distributions,
        values,
        intermediate,
        numbers(json.path("constraints")),
        time(json, "start"),
        time(json, "end"),
        json.path("slot").asInt(-1),
        json.path("reason").isTextual() ? json.path("reason").asText() : "");
  }

  private static List<Double> numbers(JsonNode list) {
    List<Double> numbers = new ArrayList<>();
    list.forEach(number -> numbers.add(number(number)));
    return numbers;
  }

  private static double number(JsonNode json) {
    try {
      return json.isNumber() ? json.doubleValue() : Double.parseDouble(json.asText());
    } catch (NumberFormatException e) {
      throw new UserException(json + " is no number", e);
    }
  }

  private static long time(JsonNode trial, String name) {
    JsonNode json = trial.path(name);
    try {
      return json.isTextual() ? Instant.parse(json.asText()).toEpochMilli() : 0;
    } catch (DateTimeParseException | ArithmeticException e) {
      throw new UserException(
          name + "=" + json + ": expected a time as in 2025-01-31T12:00:00Z", e);
    }
  }

  private static Object value(JsonNode json) {
    if (json.isIntegralNumber()) {
      return json.longValue();
    }
    return json.isNumber()
        ? (Object) json.doubleValue()
        : json.isBoolean() ? (Object) json.booleanValue() : json.asText();
  }

  private static Distribution distribution(JsonNode json) {
    return switch (json.path("type").asText()) {
      case "float" ->
          new FloatDistribution(
              json.path("low").doubleValue(),
              json.path("high").doubleValue(),
              json.path("log").booleanValue(),
              json.path("step").doubleValue());
      case "int" ->
          new IntDistribution(
              json.path("low").longValue(),
              json.path("high").longValue(),
              json.path("log").booleanValue(),
              json.path("step").longValue());
      case "categorical" -> {
        List<Object> choices = new ArrayList<>();
        json.path("choices").forEach(choice -> choices.add(value(choice)));
        yield new CategoricalDistribution(choices);
      }
      default -> throw new IllegalArgumentException("no distribution: " + json);
    };
  }
}
