package org.sparkfinetune.report;

import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;

/**
 * An explained row. Sets of labels are joined by commas.
 *
 * @param texts the text, of a pair both
 * @param label its own; empty where it has none
 * @param prediction what the model predicts
 * @param right whether the prediction is the label; empty where there is none
 * @param explained the label whose logit is shared among the words
 * @param words in their order, those of a second text behind the first's
 * @param special what the tokens get that the tokenizer adds
 * @param delta by how much the attributions miss their sum; empty where none is promised
 */
public record ExplainedRow(
    List<String> texts,
    String label,
    String prediction,
    Optional<Boolean> right,
    String explained,
    List<Word> words,
    double special,
    OptionalDouble delta) {
  /**
   * A word.
   *
   * @param text 0 for one of the first text, 1 for one of the second
   * @param begin its first character in code points, from 0
   * @param end behind its last one
   * @param score empty where the model has not seen it
   */
  public record Word(String word, int text, int begin, int end, OptionalDouble score) {}
}
