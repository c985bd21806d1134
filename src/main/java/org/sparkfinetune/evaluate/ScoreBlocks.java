package org.sparkfinetune.evaluate;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.sparkfinetune.task.Predictions;
import org.sparkfinetune.task.ProblemType;

/**
 * Turns rows of probabilities into columns, for the metrics that need a label's probabilities of
 * all rows in their order: one column a label and, of single labels, a last one of the most
 * probable label's probability, right where that is the row's label. The columns of a few thousand
 * rows at a time are handed on, to whoever has that column of all rows. Not thread-safe.
 */
public final class ScoreBlocks {
  /** Numbers held before they are handed on: 16 MB. */
  private static final int HELD = 1 << 21;

  private final int labels;
  private final boolean single;
  private final int most;
  private final List<int[]> ofRows = new ArrayList<>();
  private final List<double[]> rows = new ArrayList<>();

  /** One without rows. */
  public ScoreBlocks(ProblemType problemType, int labels) {
    this.labels = labels;
    this.single = !problemType.task().hasLabelSets();
    this.most = Math.max(1, HELD / labels);
  }

  /** How many columns there are. */
  public int columns() {
    return single ? labels + 1 : labels;
  }

  /** Adds one row, as {@link MetricsAccumulator#add} is given it. */
  public void add(int[] ofRow, double[] probabilities) {
    ofRows.add(ofRow.clone());
    rows.add(probabilities.clone());
  }

  /** Whether it should be {@link #drain drained} before it is given more. */
  public boolean isFull() {
    return rows.size() >= most;
  }

  /** Every column of the rows so far, which are forgotten; none without rows. */
  public List<ScoreBlock> drain() {
    if (rows.isEmpty()) {
      return List.of();
    }
    int[] support = new int[columns()];
    boolean[] hits = new boolean[rows.size()];
    for (int row = 0; row < hits.length; row++) {
      for (int label : ofRows.get(row)) {
        support[label]++;
      }
      if (single) {
        hits[row] = Predictions.argmax(rows.get(row)) == ofRows.get(row)[0];
        support[labels] += hits[row] ? 1 : 0;
      }
    }
    List<ScoreBlock> blocks =
        IntStream.range(0, columns()).mapToObj(column -> block(column, support, hits)).toList();
    ofRows.clear();
    rows.clear();
    return blocks;
  }

  private ScoreBlock block(int column, int[] support, boolean[] hits) {
    double[] positives = new double[support[column]];
    double[] negatives = new double[rows.size() - positives.length];
    int right = 0;
    for (int row = 0; row < rows.size(); row++) {
      double[] ofRow = rows.get(row);
      boolean isRight = column < labels ? contains(ofRows.get(row), column) : hits[row];
      double score = column < labels ? ofRow[column] : ofRow[Predictions.argmax(ofRow)];
      if (isRight) {
        positives[right++] = score;
      } else {
        negatives[row - right] = score;
      }
    }
    return new ScoreBlock(column, positives, negatives);
  }

  private static boolean contains(int[] ofRow, int label) {
    return Arrays.stream(ofRow).anyMatch(own -> own == label);
  }
}
