package org.sparkfinetune.explain;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.sparkfinetune.model.SequenceClassifier;
import org.sparkfinetune.task.Task;

/**
 * Finds what would have to be different about a text so that the explained label is predicted where
 * it was not, or no longer where it was.
 */
final class Counterfactuals {
  /** Of so many labels, those with the largest logits, words are tried. */
  private static final int MOST_LABELS = 2;

  /** At so many places, those of the largest scores, words are tried. */
  private static final int MOST_PLACES = 8;

  private final SequenceClassifier model;

  Counterfactuals(SequenceClassifier model) {
    this.model = model;
  }

  /**
   * By removing words.
   *
   * @param seen the places of the words that the model has seen, among those of the text
   * @param order of these, those first that are likely to change the decision
   * @param masked the logits of the text of which these of the seen words stay
   */
  Optional<Counterfactual> removing(
      ExplainedText text,
      List<Integer> seen,
      List<Integer> order,
      Function<List<BitSet>, float[][]> masked) {
    CounterfactualSearch search =
        new CounterfactualSearch(
            seen.size(), masked, logits -> isPredicted(logits, text.target()) != decided(text));
    return search
        .of(order)
        .map(
            gone -> {
              BitSet kept = (BitSet) gone.clone();
              kept.flip(0, seen.size());
              return new Counterfactual(
                  gone.stream().map(seen::get).boxed().toList(),
                  List.of(),
                  labels(masked.apply(List.of(kept))[0]));
            });
  }

  /**
   * By replacing words.
   *
   * @param seen as of {@link #removing}
   * @param order likewise
   * @param words of each label, that may stand in the place of others
   * @param replaced the logits of the text with words replaced, by their places in it
   */
  Optional<Counterfactual> replacing(
      ExplainedText text,
      List<Integer> seen,
      List<Integer> order,
      List<List<String>> words,
      Function<List<Map<Integer, String>>, float[][]> replaced) {
    boolean decided = decided(text);
    Map<Integer, String> places = new LinkedHashMap<>();
    for (int place : order.stream().map(seen::get).toList()) {
      String word = text.words().get(place).word();
      if (places.size() < MOST_PLACES && word.codePoints().anyMatch(Character::isLetterOrDigit)) {
        places.put(place, word);
      }
    }
    Task task = model.config().problemType().task();
    ReplacementSearch search =
        new ReplacementSearch(
            replaced,
            logits -> isPredicted(logits, text.target()) != decided,
            logits -> (decided ? -1 : 1) * task.probabilities(logits)[text.target()]);
    return search
        .of(places, candidates(text, decided, words))
        .map(
            found ->
                new Counterfactual(
                    List.copyOf(found.keySet()),
                    List.copyOf(found.values()),
                    labels(replaced.apply(List.of(found))[0])));
  }

  /** Words of the labels that are nearest to be predicted instead, or of the one that is not. */
  private static List<String> candidates(
      ExplainedText text, boolean decided, List<List<String>> words) {
    if (!decided) {
      return words.get(text.target());
    }
    List<String> candidates = new ArrayList<>();
    IntStream.range(0, words.size())
        .filter(label -> label != text.target() && !words.get(label).isEmpty())
        .boxed()
        .sorted((a, b) -> Float.compare(text.logits()[b], text.logits()[a]))
        .limit(MOST_LABELS)
        .forEach(label -> candidates.addAll(words.get(label)));
    return candidates.stream().distinct().toList();
  }

  /** Whether the explained label is predicted of the text as it is. */
  boolean decided(ExplainedText text) {
    return isPredicted(text.logits(), text.target());
  }

  private boolean isPredicted(float[] logits, int label) {
    return labels(logits).contains(label);
  }

  private List<Integer> labels(float[] logits) {
    Task task = model.config().problemType().task();
    return Arrays.stream(
            task.predicted(task.probabilities(logits), model.config().decisionThreshold()))
        .boxed()
        .toList();
  }
}
