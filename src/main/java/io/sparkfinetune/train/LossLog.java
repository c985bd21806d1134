package io.sparkfinetune.train;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;

/**
 * The training losses: their mean over all rows, over those since the last report, and the last
 * few.
 */
final class LossLog {
  private static final int KEPT = 16;

  private final Deque<Double> last = new ArrayDeque<>();
  private double sum;
  private long rows;
  private double reportedSum;
  private long reportedRows;

  /** What there is to know of one, for going on elsewhere. */
  record State(double sum, long rows, double reportedSum, long reportedRows, List<Double> last) {}

  /** Adds one step's mean loss over its rows. */
  void add(double loss, int stepRows) {
    sum += loss * stepRows;
    rows += stepRows;
    show(loss);
  }

  /** Adds a loss to the last few alone. */
  void show(double loss) {
    last.addLast(loss);
    if (last.size() > KEPT) {
      last.removeFirst();
    }
  }

  double mean() {
    return sum / rows;
  }

  double meanSinceLastCall() {
    double mean = (sum - reportedSum) / (rows - reportedRows);
    reportedSum = sum;
    reportedRows = rows;
    return mean;
  }

  /** The last losses, oldest first. */
  List<Double> last(int count) {
    return last.stream().skip(Math.max(0, last.size() - count)).toList();
  }

  State state() {
    return new State(sum, rows, reportedSum, reportedRows, List.copyOf(last));
  }

  /** Goes on where another one stood. */
  void resume(State state) {
    sum = state.sum();
    rows = state.rows();
    reportedSum = state.reportedSum();
    reportedRows = state.reportedRows();
    last.clear();
    last.addAll(state.last());
  }
}
