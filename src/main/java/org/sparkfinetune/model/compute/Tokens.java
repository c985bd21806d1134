package org.sparkfinetune.model.compute;

/**
 * A batch of rows of tokens, padded on the right to one length.
 *
 * @param inputIds token ids, int64, {@code [rows, length]}
 * @param wordRows the row of the table of word vectors for each token, int64, {@code [rows,
 *     length]}: the token ids themselves, unless the table has been trimmed
 * @param tokenTypeIds 0 for the first text and 1 for the second, int64, {@code [rows, length]};
 *     null when all are 0
 * @param lengths tokens of each row that are not padding, int64, {@code [rows]}
 * @param padding true where a token is padding, boolean, {@code [rows, length]}; null when none is
 * @param <T> what stands for a tensor
 */
public record Tokens<T>(T inputIds, T wordRows, T tokenTypeIds, T lengths, T padding) {
  /** A batch for a whole table of word vectors. */
  public Tokens(T inputIds, T tokenTypeIds, T lengths, T padding) {
    this(inputIds, inputIds, tokenTypeIds, lengths, padding);
  }
}
