package org.sparkfinetune.model.encoder;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.sparkfinetune.UserException;

/**
 * The names under which a family's {@code config.json} keeps its dropout probabilities. Several
 * names of one kind get the same probability; a family without a kind has none.
 *
 * @param hidden of embeddings and of what leaves attention and feed-forward
 * @param attention of attention weights
 * @param classifier of the head
 */
public record DropoutKeys(List<String> hidden, List<String> attention, List<String> classifier) {
  /**
   * The entries of {@code config.json} that set the given probabilities; {@code NaN} sets nothing.
   *
   * @throws UserException for a dropout that the family does not have
   */
  public Map<String, Double> entries(
      double hiddenDropout, double attentionDropout, double classifierDropout, String modelType) {
    Map<String, Double> entries = new LinkedHashMap<>();
    add(entries, hidden, "hidden_dropout", hiddenDropout, modelType);
    add(entries, attention, "attention_dropout", attentionDropout, modelType);
    add(entries, classifier, "classifier_dropout", classifierDropout, modelType);
    return entries;
  }

  private static void add(
      Map<String, Double> entries,
      List<String> names,
      String setting,
      double probability,
      String modelType) {
    if (Double.isNaN(probability)) {
      return;
    }
    if (names.isEmpty()) {
      throw new UserException(
          "model."
              + setting
              + "="
              + probability
              + " is not allowed: models of type "
              + modelType
              + " have no such dropout of their own; expected auto");
    }
    names.forEach(name -> entries.put(name, probability));
  }
}
