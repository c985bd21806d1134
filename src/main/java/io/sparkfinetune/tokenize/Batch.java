package io.sparkfinetune.tokenize;

/**
 * Rows padded on the right to one length.
 *
 * @param inputIds token ids, row after row: {@code size() * length} of them
 * @param lengths the tokens of each row that are not padding
 * @param labels the label index of each row
 * @param length the padded length, in tokens
 */
public record Batch(long[] inputIds, int[] lengths, long[] labels, int length) {
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
