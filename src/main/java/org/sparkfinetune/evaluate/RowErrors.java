package org.sparkfinetune.evaluate;

import java.io.Serializable;
import org.sparkfinetune.task.Predictions;
import org.sparkfinetune.task.ProblemType;

/** Whether a row is predicted wrongly, and its log loss, as the metrics of all rows have both. */
public final class RowErrors implements Serializable {
  private static final long serialVersionUID = 1L;

  private final boolean labelSets;
  private final double threshold;
  private final RowMean loss;

  /**
   * Of rows of a problem type.
   *
   * @param threshold the probability from which on a label is predicted, where a row may have
   *     several
   */
  public RowErrors(ProblemType problemType, double threshold) {
    this.labelSets = problemType.task().hasLabelSets();
    this.threshold = threshold;
    this.loss = (RowMean) Metric.statistics(problemType).get(Metric.LOSS);
  }

  /** Whether the labels that are predicted are others than the row's. */
  public boolean isWrong(int[] labels, double[] probabilities) {
    if (!labelSets) {
      return Predictions.argmax(probabilities) != labels[0];
    }
    long hits = LabelSetCounts.hits(labels, probabilities, threshold);
    return hits != labels.length || hits != LabelSetCounts.predicted(probabilities, threshold);
  }

  /** The row's log loss, in nats. */
  public double loss(int[] labels, double[] probabilities) {
    return loss.of(labels, probabilities);
  }
}
