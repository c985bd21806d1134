package org.sparkfinetune.tokenize;

import java.io.Serializable;
import java.util.Arrays;
import java.util.List;
import java.util.function.IntConsumer;

/**
 * A tokenized row with its labels, laid out as one record of ints: where its tokens of type 1
 * start, how many labels it has, the labels' indices in ascending order, the token ids.
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
    if (inputIds.length == 0) {
      // Attention over nothing is NaN, many steps later.
      throw new IllegalArgumentException("A row must have at least one token");
    }
    int[] set = Arrays.stream(labels).sorted().distinct().toArray();
    int[] record = new int[HEADER + set.length + inputIds.length];
    record[0] = secondSegmentStart;
    record[1] = set.length;
    System.arraycopy(set, 0, record, HEADER, set.length);
    System.arraycopy(inputIds, 0, record, HEADER + set.length, inputIds.length);
    return new EncodedRow(record);
  }

  /**
   * Where the row stands among all rows: a number that depends on its content alone and is spread
   * evenly over all longs, to be compared as unsigned.
   */
  public long position() {
    return position(record);
  }

  /** FNV-1a over the ints, then the finalizer of SplitMix64, which spreads it. */
  static long position(int[] record) {
    long hash = 0xCBF29CE484222325L;
    for (int value : record) {
      hash = (hash ^ value) * 0x100000001B3L;
    }
    return SplitMix64.finalized(hash);
  }

  static int length(int[] record) {
    return record.length - HEADER - record[1];
  }

  /** The labels' indices of a record, ascending. */
  public static int[] labels(int[] record) {
    return Arrays.copyOfRange(record, HEADER, HEADER + record[1]);
  }

  static int[] inputIds(int[] record) {
    return Arrays.copyOfRange(record, HEADER + record[1], record.length);
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
    for (int i = HEADER + record[1]; i < record.length; i++) {
      use.accept(record[i]);
    }
  }
}
