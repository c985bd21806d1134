package org.sparkfinetune.tokenize;

import java.io.Serializable;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntConsumer;

/**
 * A tokenized row with its labels, laid out as one record of ints: where its tokens of type 1
 * start, how many labels it has, the labels' indices in ascending order, the token ids. A row of
 * another weight than 1 has the complement of the number of labels, and the bits of its weight
 * behind the token ids.
 *
 * @param record the ints; not to be changed
 */
public record EncodedRow(int[] record) implements Serializable {
  private static final int HEADER = 2;

  /**
   * Lays out a row.
   *
   * @param inputIds token ids, special tokens included, no padding; at least one
   * @param secondSegmentStart where its tokens of type 1 start, as in {@link
   *     Encoding#secondSegmentStart}
   * @param labels the labels' indices, in any order; repeated ones count once
   */
  public static EncodedRow of(int[] inputIds, int secondSegmentStart, int[] labels) {
    return of(inputIds, secondSegmentStart, labels, 1);
  }

  /**
   * As the other.
   *
   * @param weight what the row's loss is multiplied by in training; finite, not below 0
   */
  public static EncodedRow of(int[] inputIds, int secondSegmentStart, int[] labels, float weight) {
    if (inputIds.length == 0) {
      // Attention over nothing is NaN, many steps later.
      throw new IllegalArgumentException("A row must have at least one token");
    }
    if (!(weight >= 0 && weight < Float.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(
          "A row's weight must be finite and not below 0: " + weight);
    }
    int[] set = Arrays.stream(labels).sorted().distinct().toArray();
    boolean weighted = weight != 1;
    int[] record = new int[HEADER + set.length + inputIds.length + (weighted ? 1 : 0)];
    record[0] = secondSegmentStart;
    record[1] = weighted ? ~set.length : set.length;
    if (weighted) {
      record[record.length - 1] = Float.floatToIntBits(weight);
    }
    System.arraycopy(set, 0, record, HEADER, set.length);
    System.arraycopy(inputIds, 0, record, HEADER + set.length, inputIds.length);
    return new EncodedRow(record);
  }

  /**
   * Where the row stands among all rows: a number that depends on its tokens and labels alone and
   * is spread evenly over all longs, to be compared as unsigned. So the rows' weights do not change
   * which of them are in a batch.
   */
  public long position() {
    return position(record);
  }

  static long position(int[] record) {
    return hash(record, labelCount(record), end(record));
  }

  /**
   * A number of all that the row is, its weight too: that of its {@link #position} where it is 1.
   */
  public long fingerprint() {
    return hash(record, record[1], record.length);
  }

  /** FNV-1a over the ints, then the finalizer of SplitMix64, which spreads it. */
  private static long hash(int[] record, int labels, int end) {
    long hash = 0xCBF29CE484222325L;
    for (int i = 0; i < end; i++) {
      hash = (hash ^ (i == 1 ? labels : record[i])) * 0x100000001B3L;
    }
    return SplitMix64.finalized(hash);
  }

  private static boolean isWeighted(int[] record) {
    return record[1] < 0;
  }

  private static int labelCount(int[] record) {
    return isWeighted(record) ? ~record[1] : record[1];
  }

  /** Where the token ids end. */
  private static int end(int[] record) {
    return isWeighted(record) ? record.length - 1 : record.length;
  }

  static int length(int[] record) {
    return end(record) - HEADER - labelCount(record);
  }

  /** The labels' indices of a record, ascending. */
  public static int[] labels(int[] record) {
    return Arrays.copyOfRange(record, HEADER, HEADER + labelCount(record));
  }

  static int[] inputIds(int[] record) {
    return Arrays.copyOfRange(record, HEADER + labelCount(record), end(record));
  }

  /** What the loss of each record is multiplied by in training; null when all are 1. */
  public static float[] weights(List<int[]> records) {
    if (records.stream().noneMatch(EncodedRow::isWeighted)) {
      return null;
    }
    float[] weights = new float[records.size()];
    for (int i = 0; i < weights.length; i++) {
      int[] record = records.get(i);
      weights[i] = isWeighted(record) ? Float.intBitsToFloat(record[record.length - 1]) : 1;
    }
    return weights;
  }

  /**
   * Records as one batch, padded on the right to the longest of them.
   *
   * @param padTokenId what fills the unused places
   */
  public static Batch batch(List<int[]> records, int padTokenId) {
    return Batch.of(
        records.stream().map(EncodedRow::inputIds).toList(),
        records.stream().mapToInt(record -> record[0]).toArray(),
        records.stream().map(EncodedRow::labels).toArray(int[][]::new),
        padTokenId);
  }

  /** Calls with each token id of a record. */
  public static void forEachId(int[] record, IntConsumer use) {
    for (int i = HEADER + labelCount(record); i < end(record); i++) {
      use.accept(record[i]);
    }
  }
}
