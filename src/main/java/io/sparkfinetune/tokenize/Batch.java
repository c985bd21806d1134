package io.sparkfinetune.tokenize;

import java.util.Arrays;
import java.util.List;

/**
 * Rows padded on the right to one length.
 *
 * @param inputIds token ids, row after row: {@code size() * length} of them
 * @param lengths the tokens of each row that are not padding
 * @param labels the label index of each row
 * @param length the padded length, in tokens
 */
public record Batch(long[] inputIds, int[] lengths, long[] labels, int length) {
  /**
   * Pads rows to the longest of them.
   *
   * @param rows token ids of each row, special tokens included, no padding
   * @param labels the label index of each row
   * @param padTokenId what fills the unused places
   */
  public static Batch of(List<int[]> rows, long[] labels, int padTokenId) {
    int[] lengths = rows.stream().mapToInt(row -> row.length).toArray();
    int length = Arrays.stream(lengths).max().orElse(0);
    long[] inputIds = new long[Math.multiplyExact(rows.size(), length)];
    Arrays.fill(inputIds, padTokenId);
    for (int i = 0; i < lengths.length; i++) {
      int[] row = rows.get(i);
      for (int j = 0; j < row.length; j++) {
        inputIds[i * length + j] = row[j];
      }
    }
    return new Batch(inputIds, lengths, labels, length);
  }

  /** The number of rows. */
  public int size() {
    return lengths.length;
  }

  /** The number of tokens that are not padding. */
  public long tokens() {
    long tokens = 0;
    for (int rowLength : lengths) {
      tokens += rowLength;
    }
    return tokens;
  }
}
