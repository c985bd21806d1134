package org.sparkfinetune.explain;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.ToDoubleFunction;

/**
 * Looks for the least words that have to be replaced so that a decision is another one.
 *
 * <p>All candidates are tried at all places: where one word will do, one is found. Else the
 * replacement that brings the decision nearest to a change stays, and a further one is looked for;
 * in the end each that is not needed goes back. So no word of what is found can be spared.
 */
final class ReplacementSearch {
  /** Words that are replaced at most; a text with more of them is another text. */
  static final int MOST_WORDS = 4;

  private final Function<List<Map<Integer, String>>, float[][]> logits;
  private final Predicate<float[]> changed;
  private final ToDoubleFunction<float[]> progress;

  /**
   * @param logits of a text with words replaced, by their places
   * @param changed whether the decision is another one
   * @param progress the nearer to that, the larger
   */
  ReplacementSearch(
      Function<List<Map<Integer, String>>, float[][]> logits,
      Predicate<float[]> changed,
      ToDoubleFunction<float[]> progress) {
    this.logits = logits;
    this.changed = changed;
    this.progress = progress;
  }

  /**
   * The words that are replaced, by their places.
   *
   * @param words by the places where one may stand instead, those that count most first
   * @param candidates words that may stand there
   * @return empty where the decision stays
   */
  Optional<Map<Integer, String>> of(Map<Integer, String> words, List<String> candidates) {
    Map<Integer, String> chosen = new TreeMap<>();
    for (int round = 0; round < MOST_WORDS; round++) {
      List<Map<Integer, String>> variants = new ArrayList<>();
      for (Map.Entry<Integer, String> word : words.entrySet()) {
        for (String candidate : candidates) {
          if (!chosen.containsKey(word.getKey()) && !candidate.equalsIgnoreCase(word.getValue())) {
            Map<Integer, String> variant = new TreeMap<>(chosen);
            variant.put(word.getKey(), candidate);
            variants.add(variant);
          }
        }
      }
      if (variants.isEmpty()) {
        return Optional.empty();
      }
      float[][] found = logits.apply(variants);
      int best = best(found);
      chosen = variants.get(best);
      if (changed.test(found[best])) {
        return Optional.of(pruned(chosen));
      }
    }
    return Optional.empty();
  }

  /** The first of those that change the decision most clearly, or come nearest to it. */
  private int best(float[][] found) {
    int best = 0;
    for (int i = 1; i < found.length; i++) {
      boolean changes = changed.test(found[i]);
      boolean bestChanges = changed.test(found[best]);
      if (changes != bestChanges
          ? changes
          : progress.applyAsDouble(found[i]) > progress.applyAsDouble(found[best])) {
        best = i;
      }
    }
    return best;
  }

  private Map<Integer, String> pruned(Map<Integer, String> chosen) {
    Map<Integer, String> needed = chosen;
    while (needed.size() > 1) {
      List<Map<Integer, String>> smaller = new ArrayList<>();
      for (Integer place : needed.keySet()) {
        Map<Integer, String> without = new TreeMap<>(needed);
        without.remove(place);
        smaller.add(without);
      }
      float[][] found = logits.apply(smaller);
      int best = best(found);
      if (!changed.test(found[best])) {
        return needed;
      }
      needed = smaller.get(best);
    }
    return needed;
  }
}
