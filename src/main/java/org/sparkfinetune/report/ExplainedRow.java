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
 * @param neighbors the nearest training rows, the nearest first; none where none were looked for
 * @param counterfactual what would have to go for another answer; empty where that is not known
 */
public record ExplainedRow(
    List<String> texts,
    String label,
    String prediction,
    Optional<Boolean> right,
    String explained,
    List<Word> words,
    double special,
    OptionalDouble delta,
    List<Neighbor> neighbors,
    Optional<Counterfactual> counterfactual) {
  /**
   * A word.
   *
   * @param text 0 for one of the first text, 1 for one of the second
   * @param begin its first character in code points, from 0
   * @param end behind its last one
   * @param score empty where the model has not seen it
   */
  public record Word(String word, int text, int begin, int end, OptionalDouble score) {}

  /**
   * The least words to remove or to replace.
   *
   * @param replacements what stands in the place of each; none where they are removed
   * @param prediction what the model predicts then
   */
  public record Counterfactual(List<String> words, List<String> replacements, String prediction) {}

  /**
   * A training row beside it.
   *
   * @param texts the text, of a pair both
   * @param label its own
   * @param prediction what the model predicts of it
   * @param similarity the cosine of both rows' vectors
   * @param influence above 0 where it speaks for the row's prediction; empty where it is not known
   */
  public record Neighbor(
      List<String> texts,
      String label,
      String prediction,
      double similarity,
      OptionalDouble influence) {}
}
