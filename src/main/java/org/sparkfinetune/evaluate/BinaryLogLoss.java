package org.sparkfinetune.evaluate;

import java.util.List;

/**
 * Log loss of sets of labels in nats: the mean over rows and labels of {@code -ln p} for a label
 * that the row has and {@code -ln (1 - p)} for one that it has not, clipped as those of {@link
 * LogLoss}.
 */
final class BinaryLogLoss implements Statistic {
  private static final long serialVersionUID = 1L;

  private final ExactSum sum = new ExactSum();
  private long decisions;

  @Override
  public void add(int[] labels, double[] probabilities) {
    boolean[] isLabel = new boolean[probabilities.length];
    for (int label : labels) {
      isLabel[label] = true;
    }
    double loss = 0;
    for (int label = 0; label < isLabel.length; label++) {
      double p = probabilities[label];
      loss -= LogLoss.log(isLabel[label] ? p : 1 - p);
    }
    sum.add(loss);
    decisions += probabilities.length;
  }

  @Override
  public double[] state() {
    return States.join(List.of(States.of(decisions), sum.state()));
  }

  @Override
  public void merge(double[] state) {
    List<double[]> parts = States.split(state);
    decisions += (long) parts.get(0)[0];
    sum.merge(parts.get(1));
  }

  @Override
  public double value() {
    return Scores.ratio(sum.value(), decisions);
  }
}
