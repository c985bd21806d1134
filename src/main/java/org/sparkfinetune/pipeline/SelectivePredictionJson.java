package org.sparkfinetune.pipeline;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Arrays;
import java.util.Iterator;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.sparkfinetune.UserException;
import org.sparkfinetune.conformal.ConformityMethod;
import org.sparkfinetune.conformal.ConformityScore;
import org.sparkfinetune.conformal.PredictionSets;
import org.sparkfinetune.conformal.SelectivePrediction;

/** The value of {@code selective_prediction} in a model's {@code config.json}. */
final class SelectivePredictionJson {
  private static final ObjectMapper JSON = new ObjectMapper();

  private SelectivePredictionJson() {}

  static String write(SelectivePrediction selective) {
    ObjectNode json = JSON.createObjectNode();
    json.put("temperature", selective.temperature());
    json.put("rows", selective.rows());
    selective.sets().ifPresent(sets -> write(sets, json.putObject("prediction_sets")));
    ObjectNode below = json.putObject("abstain_below");
    selective.abstainBelow().forEach((accuracy, least) -> below.put(accuracy.toString(), least));
    return json.toString();
  }

  private static void write(PredictionSets sets, ObjectNode json) {
    ConformityScore score = sets.score();
    json.put("method", score.method().spelling());
    json.put("randomized", score.randomized());
    json.put("penalty", score.penalty());
    json.put("unpenalized", score.unpenalized());
    json.put("seed", sets.seed());
    json.put("class_conditional", sets.isClassConditional());
    ObjectNode thresholds = json.putObject("thresholds");
    for (double coverage : sets.coverages()) {
      ArrayNode values = thresholds.putArray(Double.toString(coverage));
      Arrays.stream(sets.thresholds(coverage)).forEach(values::add);
    }
  }

  /**
   * Reads what was written, also by somebody else.
   *
   * @param labels how many the model has
   * @throws UserException when it is not as {@link #write} writes it
   */
  static SelectivePrediction read(String text, int labels) {
    try {
      JsonNode json = JSON.readTree(text);
      JsonNode sets = json.get("prediction_sets");
      TreeMap<Double, Double> below = new TreeMap<>();
      each(json.get("abstain_below"))
          .forEachRemaining(
              e -> below.put(share(e.getKey()), number(e.getValue(), 0, Double.MAX_VALUE)));
      return new SelectivePrediction(
          number(json.get("temperature"), Double.MIN_VALUE, Double.MAX_VALUE),
          (long) number(json.get("rows"), 1, 1L << 53),
          sets == null ? Optional.empty() : Optional.of(sets(sets, labels)),
          below);
    } catch (JsonProcessingException | IllegalArgumentException e) {
      throw new UserException(
          "config.json: selective_prediction is damaged (%s): calibrate the model anew, by jobs/calibrate"
              .formatted(e.getMessage()),
          e);
    }
  }

  private static PredictionSets sets(JsonNode json, int labels) {
    boolean conditional = json.path("class_conditional").asBoolean();
    TreeMap<Double, double[]> thresholds = new TreeMap<>();
    each(json.get("thresholds"))
        .forEachRemaining(
            e -> {
              if (e.getValue().size() != (conditional ? labels : 1)) {
                throw new IllegalArgumentException(e.getValue().size() + " thresholds");
              }
              double[] values = new double[e.getValue().size()];
              Arrays.setAll(
                  values, i -> number(e.getValue().get(i), -Double.MAX_VALUE, Double.MAX_VALUE));
              thresholds.put(share(e.getKey()), values);
            });
    String method = json.path("method").asText();
    return new PredictionSets(
        new ConformityScore(
            Arrays.stream(ConformityMethod.values())
                .filter(known -> known.spelling().equals(method))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no known method")),
            json.path("randomized").asBoolean(),
            number(json.get("penalty"), 0, Double.MAX_VALUE),
            (int) number(json.get("unpenalized"), 0, Integer.MAX_VALUE)),
        json.path("seed").asLong(),
        conditional,
        thresholds);
  }

  private static Iterator<Map.Entry<String, JsonNode>> each(JsonNode json) {
    if (json == null || !json.isObject()) {
      throw new IllegalArgumentException("an object is missing");
    }
    return json.fields();
  }

  private static double share(String key) {
    double share;
    try {
      share = Double.parseDouble(key);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("a share is no number", e);
    }
    if (!(share > 0 && share <= 1)) {
      throw new IllegalArgumentException("a share is not above 0 and up to 1");
    }
    return share;
  }

  private static double number(JsonNode value, double min, double max) {
    if (value == null
        || !value.isNumber()
        || !(value.doubleValue() >= min && value.doubleValue() <= max)) {
      throw new IllegalArgumentException("a number is missing or out of range");
    }
    return value.doubleValue();
  }
}
