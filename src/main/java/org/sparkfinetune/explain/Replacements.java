package org.sparkfinetune.explain;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.List;
import java.util.Map;
import org.sparkfinetune.UserException;
import org.sparkfinetune.text.Nearest;

/** The words of each label that a counterfactual may put in the place of others. */
public final class Replacements {
  private static final String KEY = "explain.replacements";

  private Replacements() {}

  /** As the setting has them. */
  public static String toJson(Map<String, List<String>> words) {
    return new ObjectMapper().valueToTree(words).toString();
  }

  /**
   * Reads the setting.
   *
   * @param labels the model's, by index
   * @return the words of each label, by index
   * @throws UserException when it cannot be read, names a label that the model does not have, or
   *     has no words although they are needed
   */
  public static List<List<String>> of(ExplainArguments arguments, List<String> labels) {
    if (arguments.counterfactual() != CounterfactualKind.REPLACE) {
      return List.of();
    }
    Map<String, List<String>> words = parse(arguments.replacements());
    for (String label : words.keySet()) {
      if (!labels.contains(label)) {
        throw new UserException(
            "%s: the model has no label %s: did you mean %s?"
                .formatted(KEY, label, Nearest.of(label, labels)));
      }
    }
    if (words.values().stream().allMatch(List::isEmpty)) {
      throw new UserException(
          "explain.counterfactual=replace: there are no words to take the place of others: set"
              + " explain.neighbors to training rows, whose words are taken, or "
              + KEY
              + " to words by label");
    }
    return labels.stream().map(label -> words.getOrDefault(label, List.of())).toList();
  }

  private static Map<String, List<String>> parse(String json) {
    if (json.isEmpty()) {
      return Map.of();
    }
    try {
      return new ObjectMapper().readValue(json, new TypeReference<>() {});
    } catch (JsonProcessingException e) {
      throw new UserException(
          "%s=%s: expected lists of words by label in JSON, as {\"card\": [\"visa\"]}"
              .formatted(KEY, json),
          e);
    }
  }
}
