package org.sparkfinetune.evaluate;

import java.util.List;
import java.util.function.ToDoubleBiFunction;
import org.sparkfinetune.task.Predictions;

/**
 * How far probabilities are from the share of predictions that is right, over bins of equal width
 * (Naeini et al., 2015; Guo et al., 2017). A prediction is, of single labels, the most probable one
 * with its probability; of sets of labels each decision with the probability that the label is
 * there.
 */
final class CalibrationError implements Statistic {
  private static final long serialVersionUID = 1L;

  /** What is made of the bins. */
  enum Kind {
    /** The mean over the predictions: ECE, single-label. */
    EXPECTED(Rows.SINGLE, (bins, rows) -> bins.error(0)),
    /** The same of sets of labels. */
    EXPECTED_OF_SETS(Rows.SETS, (bins, rows) -> bins.error(0)),
    /** The largest of a bin: MCE, single-label. */
    MAXIMUM(Rows.SINGLE, (bins, rows) -> bins.maximum(0)),
    /** The same of sets of labels. */
    MAXIMUM_OF_SETS(Rows.SETS, (bins, rows) -> bins.maximum(0)),
    /**
     * The mean over the labels of the ECE of each one's own probabilities, in whatever rows (Kull
     * et al., 2019).
     */
    CLASSWISE(Rows.BY_LABEL, (bins, rows) -> bins.distance() / rows);

    private final Rows rows;
    private final ToDoubleBiFunction<CalibrationBins, Long> value;

    Kind(Rows rows, ToDoubleBiFunction<CalibrationBins, Long> value) {
      this.rows = rows;
      this.value = value;
    }
  }

  /** What of a row goes into which bins. */
  private enum Rows {
    SINGLE,
    SETS,
    BY_LABEL
  }

  private final Kind kind;

  /** Null before the first row, which tells how many labels there are. */
  private CalibrationBins bins;

  private long rows;

  CalibrationError(Kind kind) {
    this.kind = kind;
  }

  @Override
  public void add(int[] labels, double[] probabilities) {
    if (bins == null) {
      bins = new CalibrationBins(kind.rows == Rows.BY_LABEL ? probabilities.length : 1);
    }
    rows++;
    if (kind.rows == Rows.SINGLE) {
      int predicted = Predictions.argmax(probabilities);
      bins.add(0, probabilities[predicted], predicted == labels[0]);
      return;
    }
    boolean[] isLabel = Checks.indicators(labels, probabilities.length);
    for (int label = 0; label < isLabel.length; label++) {
      if (kind.rows == Rows.SETS) {
        bins.add(0, probabilities[label], isLabel[label]);
      } else if (probabilities[label] > 0 || isLabel[label]) {
        // A label that is out of the question and not there is no error: none is kept of it.
        bins.add(label, probabilities[label], isLabel[label]);
      }
    }
  }

  @Override
  public double[] state() {
    return bins == null ? new double[0] : States.join(List.of(States.of(rows), bins.state()));
  }

  @Override
  public void merge(double[] state) {
    if (state.length == 0) {
      return;
    }
    List<double[]> parts = States.split(state);
    if (bins == null) {
      bins = new CalibrationBins((int) parts.get(1)[0]);
    }
    rows += (long) parts.get(0)[0];
    bins.merge(parts.get(1));
  }

  @Override
  public double value() {
    return bins == null ? 0 : kind.value.applyAsDouble(bins, rows);
  }

  /** What the bins hold; empty without rows. */
  List<ReliabilityBin> reliability() {
    return bins == null ? List.of() : bins.reliability(0);
  }
}
