package org.sparkfinetune.evaluate;

import java.io.Serializable;
import java.util.List;
import java.util.Optional;

/**
 * What follows from the order of one column's scores, see {@link ScoreBlocks}.
 *
 * @param column the label's index, or the number of labels for the most probable label's
 * @param support rows that it is right for
 * @param auroc NaN where all rows are right, or none
 * @param averagePrecision NaN where none is right
 * @param equalMassError the expected calibration error over bins of equally many rows; NaN of a
 *     label
 * @param riskCoverage of the most probable label's; null of a label
 */
public record RankedScores(
    int column,
    long support,
    double auroc,
    double averagePrecision,
    double equalMassError,
    RiskCoverage riskCoverage)
    implements Serializable {
  /**
   * The most answers of which a share is right, where only predictions from a confidence on are
   * answers; empty when no confidence gives it.
   *
   * @param blocks of the last column of single labels, all of them
   * @param accuracy the share, from 0 to 1
   */
  public static Optional<RiskCoverage.Point> mostAnswers(List<ScoreBlock> blocks, double accuracy) {
    return new ScoreColumn(blocks).mostAnswers(accuracy);
  }

  /**
   * Of all the blocks of a column.
   *
   * @param labels how many there are
   */
  public static RankedScores of(int column, int labels, List<ScoreBlock> blocks) {
    ScoreColumn scores = new ScoreColumn(blocks);
    return new RankedScores(
        column,
        scores.support(),
        scores.auroc(),
        scores.averagePrecision(),
        column < labels ? Double.NaN : scores.equalMassError(),
        column < labels ? null : scores.riskCoverage());
  }
}
