package org.sparkfinetune.export;

/**
 * How a caller feeds a graph that numbers or pads tokens by rules of its own: what a graph is to be
 * fitted to. It feeds texts, no pairs, so token types are 0.
 *
 * @param endTokenId the id that ends each text; what comes after the last one in a row is padding,
 *     whatever its id
 * @param modelIds the model's id for each id that is fed; empty when they are the same
 * @param tokenTypes whether {@code token_type_ids} are fed, of which the model may have none
 */
public record TokenFeed(int endTokenId, long[] modelIds, boolean tokenTypes) {}
