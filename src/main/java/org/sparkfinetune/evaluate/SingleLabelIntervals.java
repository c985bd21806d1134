package org.sparkfinetune.evaluate;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.sparkfinetune.task.Predictions;
import org.sparkfinetune.task.ProblemType;

/** Of single labels, which are the strata. */
final class SingleLabelIntervals extends IntervalAccumulator {
  private static final long serialVersionUID = 1L;

  /** Parts of a bin of the calibration errors, within which the confidences pass for their mean. */
  private static final int PARTS = 8;

  private final int labels;

  /** By label the predictions. */
  private final CellTable predictions = new CellTable();

  /** By label the bin, its part, and whether the prediction is right. */
  private final CellTable confidences = new CellTable();

  SingleLabelIntervals(int labels) {
    super(ProblemType.SINGLE_LABEL_CLASSIFICATION);
    this.labels = labels;
  }

  @Override
  int stratum(int[] ofRow) {
    return ofRow[0];
  }

  @Override
  void addOthers(int[] ofRow, double[] probabilities) {
    int predicted = Predictions.argmax(probabilities);
    predictions.add(ofRow[0], predicted, 0);
    double confidence = probabilities[predicted];
    long bin = CalibrationBins.bin(confidence);
    long part =
        Math.max(
            0, Math.min(PARTS - 1, (long) ((confidence * CalibrationBins.BINS - bin) * PARTS)));
    confidences.add(
        ofRow[0], (bin * PARTS + part) * 2 + (predicted == ofRow[0] ? 1 : 0), confidence);
  }

  @Override
  List<CellTable> others() {
    return List.of(predictions, confidences);
  }

  @Override
  Map<Metric, Interval> intervalsOfOthers(Bootstrap bootstrap) {
    // Both tables have a stratum for each label that occurs, in the labels' order.
    CellTable.Strata predicted = predictions.strata();
    int[] ofStratum = predictions.keys();
    Map<Metric, Interval> intervals =
        bootstrap.intervals(
            predicted.rows(),
            rows -> ConfusionScores.of(counts(ofStratum, predicted.cells(), rows)));
    CellTable.Strata confident = confidences.strata();
    intervals.putAll(
        bootstrap.intervals(confident.rows(), rows -> calibrationErrors(confident, rows)));
    return intervals;
  }

  private ConfusionScores.Counts counts(int[] ofStratum, long[][] predicted, long[][] rows) {
    ConfusionScores.Counts counts = ConfusionScores.Counts.none(labels);
    for (int stratum = 0; stratum < rows.length; stratum++) {
      for (int cell = 0; cell < rows[stratum].length; cell++) {
        counts.add(ofStratum[stratum], (int) predicted[stratum][cell], rows[stratum][cell]);
      }
    }
    return counts;
  }

  private static Map<Metric, Double> calibrationErrors(CellTable.Strata strata, long[][] rows) {
    double[] distances = new double[CalibrationBins.BINS];
    long[] ofBin = new long[CalibrationBins.BINS];
    for (int stratum = 0; stratum < rows.length; stratum++) {
      for (int cell = 0; cell < rows[stratum].length; cell++) {
        long of = strata.cells()[stratum][cell];
        int bin = (int) (of / 2 / PARTS);
        distances[bin] += rows[stratum][cell] * (of % 2 - strata.means()[stratum][cell]);
        ofBin[bin] += rows[stratum][cell];
      }
    }
    double sum = 0;
    long all = 0;
    double largest = 0;
    for (int bin = 0; bin < ofBin.length; bin++) {
      sum += Math.abs(distances[bin]);
      all += ofBin[bin];
      largest = Math.max(largest, Scores.ratio(Math.abs(distances[bin]), ofBin[bin]));
    }
    Map<Metric, Double> errors = new EnumMap<>(Metric.class);
    errors.put(Metric.ECE, sum / all);
    errors.put(Metric.MCE, largest);
    return errors;
  }
}
