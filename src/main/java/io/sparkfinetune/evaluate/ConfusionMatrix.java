package io.sparkfinetune.evaluate;

import java.io.Serializable;

/** Counts of rows by label and prediction. Mergeable, so that each partition can count its own. */
public final class ConfusionMatrix implements Serializable {
  private static final long serialVersionUID = 1L;

  private final int classes;
  private final long[] counts;

  /** An empty matrix over the class indices {@code 0 .. classes - 1}. */
  public ConfusionMatrix(int classes) {
    if (classes < 1) {
      throw new IllegalArgumentException("classes=" + classes + ": expected at least 1");
    }
    this.classes = classes;
    this.counts = new long[Math.multiplyExact(classes, classes)];
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
    counts[index(label, predicted)] += rows;
  }

  /** Adds another matrix's counts to this one's. */
  public void merge(ConfusionMatrix other) {
    if (other.classes != classes) {
      throw new IllegalArgumentException(
          "cannot merge " + other.classes + " classes into " + classes);
    }
    for (int i = 0; i < counts.length; i++) {
      counts[i] += other.counts[i];
    }
  }

  /** Rows of class {@code label} that were predicted to be {@code predicted}. */
  public long count(int label, int predicted) {
    return counts[index(label, predicted)];
  }

  /** Rows in all. */
  public long total() {
    long sum = 0;
    for (long count : counts) {
      sum += count;
    }
    return sum;
  }

  /** Rows of a class. */
  public long support(int label) {
    long sum = 0;
    for (int predicted = 0; predicted < classes; predicted++) {
      sum += count(label, predicted);
    }
    return sum;
  }

  /** Rows that were predicted to be of a class. */
  public long predictions(int predicted) {
    long sum = 0;
    for (int label = 0; label < classes; label++) {
      sum += count(label, predicted);
    }
    return sum;
  }

  ConfusionMatrix copy() {
    ConfusionMatrix copy = new ConfusionMatrix(classes);
    copy.merge(this);
    return copy;
  }

  private int index(int label, int predicted) {
    if (label < 0 || label >= classes || predicted < 0 || predicted >= classes) {
      throw new IllegalArgumentException(
          "label " + label + ", predicted " + predicted + ": expected 0 to " + (classes - 1));
    }
    return label * classes + predicted;
  }
}
