package org.sparkfinetune.evaluate;

import java.util.Map;
import java.util.Optional;
import org.sparkfinetune.task.Predictions;
import org.sparkfinetune.task.ProblemType;

/** Of single labels, which are the strata. */
final class SingleLabelPairs extends PairedAccumulator {
  private static final long serialVersionUID = 1L;

  private final int labels;

  SingleLabelPairs(int labels) {
    super(ProblemType.SINGLE_LABEL_CLASSIFICATION, labels, new double[] {Double.NaN, Double.NaN});
    this.labels = labels;
  }

  @Override
  int stratum(int[] ofRow) {
    return ofRow[0];
  }

  @Override
  long outcome(int[] ofRow, double[] first, double[] second) {
    return (long) Predictions.argmax(first) << 32 | Predictions.argmax(second);
  }

  @Override
  int right(int label, long outcome) {
    return (first(outcome) == label ? 1 : 0) | (second(outcome) == label ? 2 : 0);
  }

  @Override
  boolean agree(double[] first, double[] second) {
    return Predictions.argmax(first) == Predictions.argmax(second);
  }

  @Override
  Optional<PairedMetrics.Disagreement> disagreement(int label, long outcome, long rows) {
    return first(outcome) == second(outcome)
        ? Optional.empty()
        : Optional.of(new PairedMetrics.Disagreement(label, first(outcome), second(outcome), rows));
  }

  private static int first(long outcome) {
    return (int) (outcome >>> 32);
  }

  private static int second(long outcome) {
    return (int) outcome;
  }

  @Override
  Map<Metric, Double> differences(int[] ofStratum, long[][] outcomes, long[][] rows) {
    ConfusionScores.Counts first = ConfusionScores.Counts.none(labels);
    ConfusionScores.Counts second = ConfusionScores.Counts.none(labels);
    for (int stratum = 0; stratum < rows.length; stratum++) {
      for (int cell = 0; cell < rows[stratum].length; cell++) {
        long outcome = outcomes[stratum][cell];
        first.add(ofStratum[stratum], first(outcome), rows[stratum][cell]);
        second.add(ofStratum[stratum], second(outcome), rows[stratum][cell]);
      }
    }
    Map<Metric, Double> differences = ConfusionScores.of(first);
    Map<Metric, Double> ofSecond = ConfusionScores.of(second);
    differences.replaceAll((metric, value) -> value - ofSecond.get(metric));
    return differences;
  }
}
