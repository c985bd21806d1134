package org.sparkfinetune.report;

import java.util.Optional;

/**
 * A word of a label's texts.
 *
 * @param label the label that is explained
 * @param word in lower case
 * @param score its mean attribution
 * @param occurrences how often it occurs in rows of the label
 * @param rows in how many of them
 * @param share of the rows with the word that have the label; empty where labels are not known
 * @param removal what becomes of predictions without it; empty where that is not known
 */
public record ClassWord(
    String label,
    String word,
    double score,
    long occurrences,
    long rows,
    Optional<LabelShare> share,
    Optional<Removal> removal) {
  /**
   * How often rows with a word have a label of their own.
   *
   * @param rows labeled rows with the word
   * @param share of these that have the label
   * @param low the lower end of its exact 95 % interval
   * @param high the upper one
   * @param base the share of the label among all labeled rows
   * @param spurious whether the word speaks for the label in the model alone
   */
  public record LabelShare(
      long rows, double share, double low, double high, double base, boolean spurious) {}

  /**
   * What becomes of rows where a word is removed.
   *
   * @param rows how many
   * @param flipped the share of them whose prediction changes
   * @param change what the explained label's probability gains, on average
   */
  public record Removal(long rows, double flipped, double change) {}
}
