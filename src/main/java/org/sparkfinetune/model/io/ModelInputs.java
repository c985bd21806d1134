package org.sparkfinetune.model.io;

/**
 * What a model takes of a tokenizer's output.
 *
 * @param maxTokens the longest row, special tokens included
 * @param tokenTypes whether it takes {@code token_type_ids}
 */
public record ModelInputs(int maxTokens, boolean tokenTypes) {}
