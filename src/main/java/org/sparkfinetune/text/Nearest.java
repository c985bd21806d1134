package org.sparkfinetune.text;

import java.util.Collection;
import java.util.Comparator;
import org.apache.commons.text.similarity.LevenshteinDistance;

/** Finds the known word that a misspelled one was most likely meant to be. */
public final class Nearest {
  private Nearest() {}

  /**
   * The candidate with the smallest edit distance to {@code word} (Levenshtein), the first of them
   * in alphabetical order. A word without a dot is compared with the last part of dotted names too,
   * so that a key without its section is found.
   *
   * @throws java.util.NoSuchElementException when there is no candidate
   */
  public static String of(String word, Collection<String> candidates) {
    return candidates.stream()
        .min(
            Comparator.<String>comparingInt(candidate -> badness(word, candidate))
                .thenComparing(Comparator.naturalOrder()))
        .orElseThrow();
  }

  /** A word that is longer than any was meant to be none: its beginning will do. */
  private static final int LONGEST = 200;

  private static int badness(String given, String candidate) {
    String word = given.substring(0, Math.min(given.length(), LONGEST));
    int whole = distance(word, candidate);
    return word.contains(".") ? whole : Math.min(whole, distance(word, lastPart(candidate)));
  }

  private static String lastPart(String name) {
    return name.substring(name.lastIndexOf('.') + 1);
  }

  private static int distance(String a, String b) {
    return LevenshteinDistance.getDefaultInstance().apply(a, b);
  }
}
