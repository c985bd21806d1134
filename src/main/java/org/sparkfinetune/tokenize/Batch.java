package org.sparkfinetune.tokenize;

import java.util.Arrays;
import java.util.List;
import org.sparkfinetune.UserException;

/**
 * Rows padded on the right to one length.
 *
 * @param inputIds token ids, row after row: {@code size() * length} of them
 * @param tokenTypeIds 0 or 1 for each of {@code inputIds}, 0 for padding; null when all are 0
 * @param lengths the tokens of each row that are not padding
 * @param labels the label indices of each row, ascending; exactly one for single-label data
 * @param length the padded length, in tokens
 */
public record Batch(
    long[] inputIds, long[] tokenTypeIds, int[] lengths, int[][] labels, int length) {
  /**
   * Pads rows of token type 0 to the longest of them.
   *
   * @param rows token ids of each row, special tokens included, no padding
   * @param labels the label indices of each row
   * @param padTokenId what fills the unused places
   */
  public static Batch of(List<int[]> rows, int[][] labels, int padTokenId) {
    return of(rows, rows.stream().mapToInt(row -> row.length).toArray(), labels, padTokenId);
  }

  /**
   * Pads rows to the longest of them.
   *
   * @param rows token ids of each row, special tokens included, no padding
   * @param secondSegmentStarts where each row's tokens of type 1 start, as in {@link
   *     Encoding#secondSegmentStart}
   * @param labels the label indices of each row
   * @param padTokenId what fills the unused places
   */
  public static Batch of(
      List<int[]> rows, int[] secondSegmentStarts, int[][] labels, int padTokenId) {
    int[] lengths = rows.stream().mapToInt(row -> row.length).toArray();
    int length = Arrays.stream(lengths).max().orElse(0);
    long[] inputIds = new long[Math.multiplyExact(rows.size(), length)];
    Arrays.fill(inputIds, padTokenId);
    long[] tokenTypeIds = null;
    for (int i = 0; i < lengths.length; i++) {
      int[] row = rows.get(i);
      for (int j = 0; j < row.length; j++) {
        inputIds[i * length + j] = row[j];
      }
      if (secondSegmentStarts[i] < row.length) {
        if (tokenTypeIds == null) {
          tokenTypeIds = new long[inputIds.length];
        }
        Arrays.fill(tokenTypeIds, i * length + secondSegmentStarts[i], i * length + row.length, 1);
      }
    }
    return new Batch(inputIds, tokenTypeIds, lengths, labels, length);
  }

  /**
   * Checks the token ids: libtorch would look outside of a table that has no row for one.
   *
   * @param vocabulary the rows of the model's table of word vectors
   * @throws UserException for one that has none
   */
  public void requireIdsBelow(int vocabulary) {
    for (long id : inputIds) {
      if (id < 0 || id >= vocabulary) {
        throw new UserException(
            "the tokenizer gave the token id %d, and the model has vectors for those from 0 to %d"
                    .formatted(id, vocabulary - 1)
                + " (config.json: vocab_size). Check that they belong together");
      }
    }
  }

  /**
   * The label of a row of single-label data.
   *
   * @param labels the row's
   * @throws IllegalArgumentException unless there is exactly one
   */
  public static int onlyLabel(int[] labels) {
    if (labels.length != 1) {
      throw new IllegalArgumentException(
          "a row of single-label data has " + labels.length + " labels: expected exactly 1");
    }
    return labels[0];
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
