package org.sparkfinetune.annotator;

import com.johnsnowlabs.nlp.Annotation;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.sparkfinetune.UserException;

/**
 * The texts of rows' documents, one row behind the other.
 *
 * @param second of pairs the second texts, as many as the first; else empty
 */
record DocumentTexts(List<String> first, Optional<List<String>> second) {
  /**
   * Of rows.
   *
   * @param rows of pairs all first documents of a row, then as many second ones
   * @throws UserException when documents cannot be paired
   */
  static DocumentTexts of(List<Annotation[]> rows, boolean pairs) {
    List<String> first = new ArrayList<>();
    List<String> second = new ArrayList<>();
    for (Annotation[] documents : rows) {
      if (pairs && documents.length % 2 != 0) {
        throw unpaired(documents.length + " documents in two columns");
      }
      int texts = count(documents, pairs);
      for (int i = 0; i < documents.length; i++) {
        (i < texts ? first : second).add(documents[i].result());
      }
    }
    return new DocumentTexts(first, pairs ? Optional.of(second) : Optional.empty());
  }

  /** How many texts, or pairs of them, a row's documents make. */
  static int count(Annotation[] documents, boolean pairs) {
    return pairs ? documents.length / 2 : documents.length;
  }

  /** The documents of one of a row's texts, or pairs of texts. */
  static List<Annotation> of(Annotation[] documents, int text, boolean pairs) {
    return pairs
        ? Arrays.asList(documents[text], documents[text + documents.length / 2])
        : List.of(documents[text]);
  }

  static UserException unpaired(String what) {
    return new UserException(
        "a row has " + what + ": pairs need as many first documents as second ones");
  }
}
