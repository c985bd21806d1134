package org.sparkfinetune.tokenize;

/**
 * One text, or a pair of texts, as token ids.
 *
 * @param inputIds token ids, special tokens included, no padding, at most {@code max_length}
 * @param secondSegmentStart where the tokens of type 1 start, as {@code token_type_ids} has them: a
 *     row's types are zeros, then ones. {@code inputIds.length} when all are of type 0, as for a
 *     single text and for pairs of families that have one type only
 * @param truncated whether tokens were cut off to keep {@code max_length}
 */
public record Encoding(int[] inputIds, int secondSegmentStart, boolean truncated) {}
