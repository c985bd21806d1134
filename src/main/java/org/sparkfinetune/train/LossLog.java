package org.sparkfinetune.train;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.OptionalDouble;

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

  /**
   * Adds one step's mean loss over its rows, of which those of weight 0 do not count. One that is
   * not finite, as of a step that fp16 skips, is left out of the means, as transformers' {@code
   * logging_nan_inf_filter} does.
   */
  void add(double loss, int stepRows) {
    if (Double.isFinite(loss)) {
      sum += loss * stepRows;
      rows += stepRows;
    }
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

  /** Empty when no loss was finite since. */
  OptionalDouble meanSinceLastCall() {
    double newSum = sum - reportedSum;
    long newRows = rows - reportedRows;
    reportedSum = sum;
    reportedRows = rows;
    return newRows == 0 ? OptionalDouble.empty() : OptionalDouble.of(newSum / newRows);
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
