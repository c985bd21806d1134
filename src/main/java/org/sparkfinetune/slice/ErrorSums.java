package org.sparkfinetune.slice;

import java.io.Serializable;
import java.util.Arrays;
import java.util.List;
import org.sparkfinetune.evaluate.ExactSum;
import org.sparkfinetune.evaluate.States;

/** Rows, how many of them are predicted wrongly, and their losses and squared losses added up. */
final class ErrorSums implements Serializable {
  private static final long serialVersionUID = 1L;

  private long rows;
  private long wrong;
  private final ExactSum losses = new ExactSum();
  private final ExactSum squares = new ExactSum();

  /**
   * Adds a row.
   *
   * @param loss its log loss; NaN where none is asked for
   */
  void add(boolean isWrong, double loss) {
    rows++;
    wrong += isWrong ? 1 : 0;
    if (!Double.isNaN(loss)) {
      losses.add(loss);
      squares.add(loss * loss);
    }
  }

  /** All that {@link #merge} needs to know of the rows so far. */
  double[] state() {
    return States.join(List.of(States.of(rows, wrong), losses.state(), squares.state()));
  }

  /** Adds the rows of another one, by its state. */
  void merge(double[] state) {
    List<double[]> parts = States.split(state);
    rows += (long) parts.get(0)[0];
    wrong += (long) parts.get(0)[1];
    losses.merge(parts.get(1));
    squares.merge(parts.get(2));
  }

  long rows() {
    return rows;
  }

  long wrong() {
    return wrong;
  }

  double errorRate() {
    return rows == 0 ? 0 : (double) wrong / rows;
  }

  WelchTest.Sample losses() {
    return new WelchTest.Sample(rows, losses.value(), squares.value());
  }

  /** The rows of this one that are not among those of another, which all are among this one's. */
  ErrorSums without(ErrorSums others) {
    ErrorSums rest = new ErrorSums();
    rest.merge(state());
    rest.rows -= others.rows;
    rest.wrong -= others.wrong;
    Arrays.stream(others.losses.state()).forEach(part -> rest.losses.add(-part));
    Arrays.stream(others.squares.state()).forEach(part -> rest.squares.add(-part));
    return rest;
  }
}
