package org.sparkfinetune.evaluate;

import java.util.List;

/** A metric that is the mean of what each row has by itself. */
abstract class RowMean implements Statistic {
  private static final long serialVersionUID = 1L;

  private final ExactSum sum = new ExactSum();
  private long rows;

  /** What a row has, as {@link #add} is given it. */
  abstract double of(int[] labels, double[] probabilities);

  @Override
  public final void add(int[] labels, double[] probabilities) {
    sum.add(of(labels, probabilities));
    rows++;
  }

  @Override
  public final double[] state() {
    return States.join(List.of(States.of(rows), sum.state()));
  }

  @Override
  public final void merge(double[] state) {
    List<double[]> parts = States.split(state);
    rows += (long) parts.get(0)[0];
    sum.merge(parts.get(1));
  }

  @Override
  public final double value() {
    return Scores.ratio(sum.value(), rows);
  }
}
