package io.sparkfinetune.tokenize;

/**
 * One text as token ids.
 *
 * @param inputIds token ids, special tokens included, no padding, at most {@code max_length}
 * @param truncated whether tokens were cut off to keep {@code max_length}
 */
public record Encoding(int[] inputIds, boolean truncated) {}
