package org.sparkfinetune.slice;

import java.io.Serializable;
import java.util.Arrays;
import org.sparkfinetune.evaluate.ExactSum;

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

  /** The counts, how many numbers of the losses' sum follow, these, and those of the squares'. */
  double[] state() {
    double[] ofLosses = losses.state();
    double[] ofSquares = squares.state();
    double[] state = new double[3 + ofLosses.length + ofSquares.length];
    state[0] = rows;
    state[1] = wrong;
    state[2] = ofLosses.length;
    System.arraycopy(ofLosses, 0, state, 3, ofLosses.length);
    System.arraycopy(ofSquares, 0, state, 3 + ofLosses.length, ofSquares.length);
    return state;
  }

  /** Adds the rows of another one, by its state. */
  void merge(double[] state) {
    rows += (long) state[0];
    wrong += (long) state[1];
    int squaresFrom = 3 + (int) state[2];
    losses.merge(Arrays.copyOfRange(state, 3, squaresFrom));
    squares.merge(Arrays.copyOfRange(state, squaresFrom, state.length));
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
