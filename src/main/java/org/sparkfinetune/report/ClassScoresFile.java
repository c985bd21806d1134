package org.sparkfinetune.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.sparkfinetune.UserException;
import org.sparkfinetune.evaluate.RankedScores;
import org.sparkfinetune.evaluate.Scores;

/**
 * The file {@code class_scores.json} that the jobs write, of either problem type: {@code
 * {"classes": [{"label": "a", "precision": 1.0, "recall": 0.5, "f1": 0.67, "support": 2}, ...],
 * "averages": [{"name": "macro", ...}, ...]}}. A class also has {@code auroc} and {@code
 * average_precision} where they are defined.
 */
public final class ClassScoresFile {
  /** Its name, for messages. */
  private static final String NAME = "class_scores.json";

  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  private ClassScoresFile() {}

  /**
   * The content for results, but for their confusions.
   *
   * @param ranked what the order of each label's scores says, by index; empty where it is not known
   */
  public static String write(ClassResults results, List<RankedScores> ranked) {
    ObjectNode file = JSON.createObjectNode();
    ArrayNode classes = file.putArray("classes");
    for (int label = 0; label < results.labels().size(); label++) {
      ObjectNode one = classes.addObject().put("label", results.labels().get(label));
      put(one, results.scores().get(label));
      if (!ranked.isEmpty()) {
        putDefined(one, "auroc", ranked.get(label).auroc());
        putDefined(one, "average_precision", ranked.get(label).averagePrecision());
      }
    }
    ArrayNode averages = file.putArray("averages");
    results
        .averages()
        .forEach((name, scores) -> put(averages.addObject().put("name", name), scores));
    return file.toPrettyString() + "\n";
  }

  private static void putDefined(ObjectNode to, String name, double value) {
    if (!Double.isNaN(value)) {
      to.put(name, value);
    }
  }

  private static void put(ObjectNode to, Scores scores) {
    to.put("precision", scores.precision()).put("recall", scores.recall());
    to.put("f1", scores.f1()).put("support", scores.support());
  }

  /**
   * Reads the content.
   *
   * @throws UserException when it is none
   */
  public static ClassResults read(String content) {
    JsonNode file;
    try {
      file = JSON.readTree(content);
    } catch (JsonProcessingException e) {
      throw notOne("no JSON");
    }
    List<String> labels = new ArrayList<>();
    List<Scores> scores = new ArrayList<>();
    for (JsonNode one : file.path("classes")) {
      labels.add(name(one, "label"));
      scores.add(scores(one));
    }
    if (labels.isEmpty()) {
      throw notOne("no classes");
    }
    Map<String, Scores> averages = new LinkedHashMap<>();
    for (JsonNode one : file.path("averages")) {
      averages.put(name(one, "name"), scores(one));
    }
    return new ClassResults(labels, scores, averages, Optional.empty());
  }

  private static String name(JsonNode of, String key) {
    if (!of.path(key).isTextual()) {
      throw notOne("an entry without its " + key);
    }
    return of.path(key).asText();
  }

  private static Scores scores(JsonNode of) {
    if (!of.path("support").isIntegralNumber()) {
      throw notOne("an entry without its support");
    }
    return new Scores(
        number(of, "precision"),
        number(of, "recall"),
        number(of, "f1"),
        of.path("support").asLong());
  }

  private static double number(JsonNode of, String key) {
    if (!of.path(key).isNumber()) {
      throw notOne("an entry without its " + key);
    }
    return of.path(key).asDouble();
  }

  private static UserException notOne(String why) {
    return new UserException(
        "not a file of class scores of this project's (" + why + "): expected " + NAME);
  }
}
