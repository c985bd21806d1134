package org.sparkfinetune.evaluate;

import java.io.Serializable;

/**
 * What was decided on a label, over rows.
 *
 * @param rows all of them
 * @param correct rows with the label of which it was predicted
 * @param predicted rows of which the label was predicted
 * @param support rows with the label
 */
public record Decisions(long rows, long correct, long predicted, long support)
    implements Serializable {
  /** Rows without the label. */
  public long others() {
    return rows - support;
  }

  /** The share of rows of which the label was predicted; NaN without rows. */
  public double selectionRate() {
    return (double) predicted / rows;
  }

  /** The share of rows with the label of which it was predicted; NaN without any. */
  public double truePositiveRate() {
    return (double) correct / support;
  }

  /** The share of rows without the label of which it was predicted; NaN without any. */
  public double falsePositiveRate() {
    return (double) (predicted - correct) / others();
  }
}
