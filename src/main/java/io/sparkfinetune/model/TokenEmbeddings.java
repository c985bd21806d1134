package io.sparkfinetune.model;

/**
 * Word, position and token-type vectors, summed and normalised, under the names that BERT gave
 * them.
 */
final class TokenEmbeddings {
  /** How tokens are numbered. */
  enum Positions {
    /** From 0, in the order of the row. */
    FROM_ZERO,
    /**
     * RoBERTa's: tokens that are not the padding token count from {@code pad_token_id + 1}, the
     * padding token itself has the position {@code pad_token_id}.
     */
    AFTER_PADDING_ID
  }

  private final Parameter words;
  private final Parameter positions;
  private final Parameter types;
  private final LayerNorm norm;
  private final Positions numbering;
  private final int padTokenId;
  private final double dropout;

  /**
   * Declares the weights.
   *
   * @param size the width of the vectors
   * @param types the number of token types; 0 when the family has none
   * @param dropout the probability of dropout at the end
   */
  TokenEmbeddings(
      ModelConfig config,
      ParameterSet.Scope scope,
      int size,
      int types,
      Positions numbering,
      double eps,
      double dropout) {
    words = table(scope, "word_embeddings", config.positive("vocab_size"), size);
    positions =
        table(scope, "position_embeddings", config.positive("max_position_embeddings"), size);
    this.types = types == 0 ? null : table(scope, "token_type_embeddings", types, size);
    norm = new LayerNorm(scope.child("LayerNorm"), size, eps);
    this.numbering = numbering;
    // RoBERTa's and its kin's default; BERT's numbering does not look at it.
    padTokenId = config.integer("pad_token_id", 1);
    this.dropout = dropout;
  }

  /** {@code [rows, length, size]}, in the arithmetic of the pass. */
  <T> T forward(TensorOps<T> ops, Tokens<T> tokens) {
    T sum = ops.embedding(ops.weight(words), tokens.inputIds());
    if (types != null) {
      T table = ops.weight(types);
      sum =
          ops.add(
              sum,
              tokens.tokenTypeIds() == null
                  ? ops.select(table, 0, 0)
                  : ops.embedding(table, tokens.tokenTypeIds()));
    }
    sum = ops.add(sum, ops.embedding(ops.weight(positions), positionIds(ops, tokens)));
    return ops.dropout(ops.cast(norm.forward(ops, sum)), dropout);
  }

  private <T> T positionIds(TensorOps<T> ops, Tokens<T> tokens) {
    if (numbering == Positions.FROM_ZERO) {
      return ops.positions(tokens);
    }
    T real = ops.notEqual(tokens.inputIds(), padTokenId);
    T counted = ops.multiply(ops.cumulativeSum(real), real);
    return ops.add(counted, ops.constant(new long[] {padTokenId}));
  }

  private static Parameter table(ParameterSet.Scope scope, String name, long rows, long size) {
    return scope.child(name).parameter("weight", Parameter.Init.NORMAL, rows, size);
  }
}
