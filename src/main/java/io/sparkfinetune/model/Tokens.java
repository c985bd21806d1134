package io.sparkfinetune.model;

/**
 * A batch of rows of tokens, padded on the right to one length.
 *
 * @param inputIds token ids, int64, {@code [rows, length]}
 * @param tokenTypeIds 0 for the first text and 1 for the second, int64, {@code [rows, length]};
 *     null when all are 0
 * @param lengths tokens of each row that are not padding, int64, {@code [rows]}
 * @param padding true where a token is padding, boolean, {@code [rows, length]}; null when none is
 * @param <T> what stands for a tensor
 */
public record Tokens<T>(T inputIds, T tokenTypeIds, T lengths, T padding) {}
