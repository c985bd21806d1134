package org.sparkfinetune.evaluate;

import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import org.sparkfinetune.UserException;
import org.sparkfinetune.task.Predictions;
import org.sparkfinetune.task.ProblemType;

/**
 * Of sets of labels, in one stratum: a row has no one label. Metrics by label have no intervals
 * here, since a row counts for all of them at once.
 */
final class MultiLabelPairs extends PairedAccumulator {
  private static final long serialVersionUID = 1L;

  /**
   * Bits of each of five counts of labels: those of the row, and for each model those predicted and
   * those predicted rightly.
   */
  private static final int BITS = 12;

  private static final long MASK = (1L << BITS) - 1;

  private final int labels;
  private final double[] thresholds;

  /**
   * Of so many labels.
   *
   * @throws UserException when there are more than a count of them has room for
   */
  MultiLabelPairs(int labels, double first, double second) {
    super(ProblemType.MULTI_LABEL_CLASSIFICATION, labels, new double[] {first, second});
    if (labels > MASK) {
      throw new UserException(
          "the models have %s labels: expected at most %s to compare models of sets of labels"
              .formatted(labels, MASK));
    }
    this.labels = labels;
    this.thresholds = new double[] {first, second};
  }

  @Override
  int stratum(int[] ofRow) {
    return 0;
  }

  @Override
  long outcome(int[] ofRow, double[] first, double[] second) {
    return (counts(ofRow, first, thresholds[0]) << BITS | ofRow.length) << 2 * BITS
        | counts(ofRow, second, thresholds[1]);
  }

  /** The labels predicted rightly and those predicted. */
  private static long counts(int[] ofRow, double[] probabilities, double threshold) {
    return LabelSetCounts.hits(ofRow, probabilities, threshold) << BITS
        | LabelSetCounts.predicted(probabilities, threshold);
  }

  /** Of the first, or the second: hits, predicted labels and own labels. */
  private static long[] counts(long outcome, boolean second) {
    long counts = second ? outcome : outcome >>> 3 * BITS;
    return new long[] {counts >>> BITS & MASK, counts & MASK, outcome >>> 2 * BITS & MASK};
  }

  private static boolean exact(long[] counts) {
    return counts[0] == counts[1] && counts[0] == counts[2];
  }

  @Override
  boolean agree(double[] first, double[] second) {
    return Arrays.equals(
        Predictions.atLeast(first, thresholds[0]), Predictions.atLeast(second, thresholds[1]));
  }

  @Override
  Optional<PairedMetrics.Disagreement> disagreement(int stratum, long outcome, long rows) {
    return Optional.empty();
  }

  @Override
  int right(int stratum, long outcome) {
    return (exact(counts(outcome, false)) ? 1 : 0) | (exact(counts(outcome, true)) ? 2 : 0);
  }

  @Override
  Map<Metric, Double> differences(int[] ofStratum, long[][] outcomes, long[][] rows) {
    Map<Metric, Double> differences = metrics(outcomes[0], rows[0], false);
    Map<Metric, Double> ofSecond = metrics(outcomes[0], rows[0], true);
    differences.replaceAll((metric, value) -> value - ofSecond.get(metric));
    return differences;
  }

  private Map<Metric, Double> metrics(long[] outcomes, long[] rows, boolean second) {
    LabelSetCounts sums = new LabelSetCounts();
    for (int cell = 0; cell < outcomes.length; cell++) {
      long[] counts = counts(outcomes[cell], second);
      sums.add(counts[0], counts[1], counts[2], rows[cell]);
    }
    return sums.metrics(labels);
  }
}
