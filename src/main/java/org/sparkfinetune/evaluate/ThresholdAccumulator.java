package org.sparkfinetune.evaluate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Keeps all rows, for the threshold that is best for them, by which they are measured then. */
final class ThresholdAccumulator implements MetricsAccumulator {
  private static final long serialVersionUID = 1L;

  private final int labels;
  private final List<int[]> rowLabels = new ArrayList<>();
  private final List<double[]> rowProbabilities = new ArrayList<>();

  /** One without rows, over the label indices {@code 0 .. labels - 1}. */
  ThresholdAccumulator(int labels) {
    this.labels = labels;
  }

  @Override
  public void add(int[] ofRow, double[] probabilities) {
    Checks.probabilities(probabilities, labels);
    Checks.indicators(ofRow, labels);
    rowLabels.add(ofRow.clone());
    rowProbabilities.add(probabilities.clone());
  }

  /** The number of labels; then of each row its labels and its probabilities. */
  @Override
  public double[] state() {
    List<double[]> states = new ArrayList<>();
    states.add(States.of(labels));
    for (int row = 0; row < rowLabels.size(); row++) {
      states.add(Arrays.stream(rowLabels.get(row)).asDoubleStream().toArray());
      states.add(rowProbabilities.get(row));
    }
    return States.join(states);
  }

  @Override
  public ThresholdAccumulator merge(double[] state) {
    List<double[]> states = States.split(state);
    Checks.sameLabels(states.get(0)[0], labels, "labels");
    for (int i = 1; i < states.size(); i += 2) {
      rowLabels.add(Arrays.stream(states.get(i)).mapToInt(label -> (int) label).toArray());
      rowProbabilities.add(states.get(i + 1));
    }
    return this;
  }

  @Override
  public MultiLabelMetrics metrics() {
    double threshold =
        ThresholdTuner.best(
            rowLabels.toArray(int[][]::new), rowProbabilities.toArray(double[][]::new));
    MultiLabelMetrics.Accumulator measured = new MultiLabelMetrics.Accumulator(labels, threshold);
    for (int row = 0; row < rowLabels.size(); row++) {
      measured.add(rowLabels.get(row), rowProbabilities.get(row));
    }
    return measured.metrics();
  }
}
