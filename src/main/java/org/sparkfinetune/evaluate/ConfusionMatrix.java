package org.sparkfinetune.evaluate;

import java.io.Serializable;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.sparkfinetune.PublicApi;

/**
 * Counts of rows by label and prediction. Mergeable, so that each partition can count its own; its
 * size is that of the pairs that occur, never the square of the classes.
 */
@PublicApi
public final class ConfusionMatrix implements Serializable {
  private static final long serialVersionUID = 2L;

  /** Rows of class {@code label} that were predicted to be {@code predicted}, at least one. */
  public record Cell(int label, int predicted, long count) {}

  private final int classes;

  /** By label * classes + prediction, so in the order of the labels. */
  private final TreeMap<Long, Long> counts = new TreeMap<>();

  private final HashMap<Integer, Long> support = new HashMap<>();
  private final HashMap<Integer, Long> predictions = new HashMap<>();
  private long total;

  /** An empty matrix over the class indices {@code 0 .. classes - 1}. */
  public ConfusionMatrix(int classes) {
    if (classes < 1) {
      throw new IllegalArgumentException("classes=" + classes + ": expected at least 1");
    }
    this.classes = classes;
  }

  /** The number of classes. */
  public int classes() {
    return classes;
  }

  /**
   * Counts one row.
   *
   * @throws IllegalArgumentException when an index is not one of a class
   */
  public void add(int label, int predicted) {
    add(label, predicted, 1);
  }

  /**
   * Counts so many rows.
   *
   * @throws IllegalArgumentException when an index is not one of a class
   */
  public void add(int label, int predicted, long rows) {
    long place = place(label, predicted);
    if (rows != 0) {
      counts.merge(place, rows, Long::sum);
      support.merge(label, rows, Long::sum);
      predictions.merge(predicted, rows, Long::sum);
      total += rows;
    }
  }

  /** Adds another matrix's counts to this one's. */
  public void merge(ConfusionMatrix other) {
    if (other.classes != classes) {
      throw new IllegalArgumentException(
          "cannot merge " + other.classes + " classes into " + classes);
    }
    other.cells().forEach(cell -> add(cell.label(), cell.predicted(), cell.count()));
  }

  /** Rows of class {@code label} that were predicted to be {@code predicted}. */
  public long count(int label, int predicted) {
    return counts.getOrDefault(place(label, predicted), 0L);
  }

  /** The pairs that occur, by label and then by prediction. */
  public Stream<Cell> cells() {
    return counts.entrySet().stream().map(this::cell);
  }

  /** The pairs of different classes that occur, those of most rows first. */
  public List<Cell> confusions() {
    return cells()
        .filter(cell -> cell.label() != cell.predicted())
        .sorted(Comparator.comparingLong(Cell::count).reversed())
        .toList();
  }

  /** Rows in all. */
  public long total() {
    return total;
  }

  /** Rows of a class. */
  public long support(int label) {
    return support.getOrDefault(label, 0L);
  }

  /** Rows that were predicted to be of a class. */
  public long predictions(int predicted) {
    return predictions.getOrDefault(predicted, 0L);
  }

  /** Whether a class occurs as a label or as a prediction. */
  public boolean occurs(int label) {
    return support(label) > 0 || predictions(label) > 0;
  }

  /** Share of the rows that were predicted to be of their class; 0 without rows. */
  public double accuracy() {
    long correct = IntStream.range(0, classes).mapToLong(label -> count(label, label)).sum();
    return Scores.ratio(correct, total);
  }

  /** The number of classes; then of each cell its label, its prediction and its count. */
  double[] state() {
    double[] state = new double[1 + 3 * counts.size()];
    state[0] = classes;
    int place = 1;
    for (Map.Entry<Long, Long> count : counts.entrySet()) {
      Cell cell = cell(count);
      state[place++] = cell.label();
      state[place++] = cell.predicted();
      state[place++] = cell.count();
    }
    return state;
  }

  /** Adds another matrix's counts, by its state. */
  void merge(double[] state) {
    Checks.sameLabels(state[0], classes, "classes");
    for (int place = 1; place < state.length; place += 3) {
      add((int) state[place], (int) state[place + 1], (long) state[place + 2]);
    }
  }

  ConfusionMatrix copy() {
    ConfusionMatrix copy = new ConfusionMatrix(classes);
    copy.merge(this);
    return copy;
  }

  private Cell cell(Map.Entry<Long, Long> count) {
    long place = count.getKey();
    return new Cell((int) (place / classes), (int) (place % classes), count.getValue());
  }

  private long place(int label, int predicted) {
    if (label < 0 || label >= classes || predicted < 0 || predicted >= classes) {
      throw new IllegalArgumentException(
          "label " + label + ", predicted " + predicted + ": expected 0 to " + (classes - 1));
    }
    return (long) label * classes + predicted;
  }
}
