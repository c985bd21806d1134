package org.sparkfinetune.evaluate;

import java.util.List;

/**
 * Log loss of single labels in nats: the mean of {@code -ln p(label)}, with p clipped to {@code
 * [eps, 1 - eps]} for the double's eps, 2^-52, as scikit-learn clips.
 */
final class LogLoss implements Statistic {
  private static final long serialVersionUID = 1L;
  private static final double EPS = Math.ulp(1.0);

  private final ExactSum sum = new ExactSum();
  private long rows;

  @Override
  public void add(int[] labels, double[] probabilities) {
    sum.add(-log(probabilities[labels[0]]));
    rows++;
  }

  @Override
  public double[] state() {
    return States.join(List.of(States.of(rows), sum.state()));
  }

  @Override
  public void merge(double[] state) {
    List<double[]> parts = States.split(state);
    rows += (long) parts.get(0)[0];
    sum.merge(parts.get(1));
  }

  @Override
  public double value() {
    return Scores.ratio(sum.value(), rows);
  }

  /** {@code ln p}, clipped. */
  static double log(double probability) {
    return Math.log(Math.min(Math.max(probability, EPS), 1 - EPS));
  }
}
