package org.sparkfinetune.explain;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.sparkfinetune.model.SequenceClassifier;
import org.sparkfinetune.tokenize.TextTokenizer;

/**
 * The sanity check by cascading randomization of weights (Adebayo et al., 2018, <i>Sanity Checks
 * for Saliency Maps</i>): the parts of a model start afresh one after the other, from the head down
 * to the embeddings, and the attributions of the same label are compared with those of the model as
 * it was trained. An explanation that stays as it is does not come from what the model has learned.
 */
public final class WeightRandomization {
  private static final int FEWEST_WORDS = 3;

  private WeightRandomization() {}

  /**
   * Compares attributions, from the head down.
   *
   * @param trained and tokenizer stay the caller's
   * @param copy of the trained model, which is random in the end
   * @param maskToken as of {@link Explainer}
   * @param pairs the second texts; empty for single texts
   */
  public static List<RandomizedPart> of(
      SequenceClassifier trained,
      SequenceClassifier copy,
      TextTokenizer tokenizer,
      OptionalInt maskToken,
      ExplainArguments arguments,
      List<String> texts,
      Optional<List<String>> pairs) {
    ExplainArguments alone = arguments.withoutMeasures();
    List<ExplainedText> before =
        new Explainer(trained, tokenizer, maskToken, alone).explain(texts, pairs);
    int[] targets = before.stream().mapToInt(ExplainedText::target).toArray();
    Explainer random = new Explainer(copy, tokenizer, maskToken, alone);
    List<RandomizedPart> parts = new ArrayList<>();
    int head = copy.parameters().headDepth();
    for (int depth = head; depth >= 0; depth--) {
      copy.reinitialize(depth, arguments.seed() + depth);
      String part = depth == head ? "head" : depth == 0 ? "embeddings" : "layer_" + depth;
      parts.add(compared(part, before, random.explain(texts, pairs, targets)));
    }
    return parts;
  }

  private static RandomizedPart compared(
      String part, List<ExplainedText> before, List<ExplainedText> after) {
    double sum = 0;
    int rows = 0;
    for (int i = 0; i < before.size(); i++) {
      double[] first = sizes(before.get(i));
      double correlation =
          first.length < FEWEST_WORDS ? Double.NaN : RankCorrelation.of(first, sizes(after.get(i)));
      if (!Double.isNaN(correlation)) {
        sum += correlation;
        rows++;
      }
    }
    return new RandomizedPart(part, sum / rows, rows);
  }

  private static double[] sizes(ExplainedText text) {
    return text.words().stream()
        .filter(word -> word.score().isPresent())
        .mapToDouble(word -> Math.abs(word.score().getAsDouble()))
        .toArray();
  }
}
