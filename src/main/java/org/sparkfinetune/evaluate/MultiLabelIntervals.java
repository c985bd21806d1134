package org.sparkfinetune.evaluate;

import java.util.List;
import java.util.Map;
import org.sparkfinetune.task.ProblemType;

/**
 * Of sets of labels, in one stratum: a row has no one label. Metrics by label have no intervals
 * here, since a row counts for all of them at once.
 */
final class MultiLabelIntervals extends IntervalAccumulator {
  private static final long serialVersionUID = 1L;

  private static final int BITS = 21;
  private static final long MASK = (1L << BITS) - 1;

  private final int labels;
  private final double threshold;

  /** By how many labels are predicted rightly, are predicted, and are there. */
  private final CellTable outcomes = new CellTable();

  MultiLabelIntervals(int labels, double threshold) {
    super(ProblemType.MULTI_LABEL_CLASSIFICATION);
    this.labels = labels;
    this.threshold = threshold;
  }

  @Override
  int stratum(int[] ofRow) {
    return 0;
  }

  @Override
  void addOthers(int[] ofRow, double[] probabilities) {
    long hits = LabelSetCounts.hits(ofRow, probabilities, threshold);
    long predicted = LabelSetCounts.predicted(probabilities, threshold);
    outcomes.add(0, hits << 2 * BITS | predicted << BITS | ofRow.length, 0);
  }

  @Override
  List<CellTable> others() {
    return List.of(outcomes);
  }

  @Override
  Map<Metric, Interval> intervalsOfOthers(Bootstrap bootstrap) {
    CellTable.Strata strata = outcomes.strata();
    return bootstrap.intervals(strata.rows(), rows -> metrics(strata.cells()[0], rows[0]));
  }

  private Map<Metric, Double> metrics(long[] cells, long[] rows) {
    LabelSetCounts sums = new LabelSetCounts();
    for (int cell = 0; cell < cells.length; cell++) {
      sums.add(
          cells[cell] >>> 2 * BITS, cells[cell] >>> BITS & MASK, cells[cell] & MASK, rows[cell]);
    }
    return sums.metrics(labels);
  }
}
