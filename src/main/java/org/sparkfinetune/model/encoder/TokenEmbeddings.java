package org.sparkfinetune.model.encoder;

import org.sparkfinetune.model.compute.Parameter;
import org.sparkfinetune.model.compute.TensorOps;
import org.sparkfinetune.model.compute.Tokens;

/**
 * Word, position and token-type vectors, summed and normalized, under the names that BERT gave
 * them.
 */
final class TokenEmbeddings {
  /**
   * How tokens are numbered.
   *
   * @param padTokenId null: from 0, in the order of the row. Else RoBERTa's way: tokens that are
   *     not this one count from the number behind it, and it has its own id as position
   */
  record Positions(Integer padTokenId) {
    static final Positions FROM_ZERO = new Positions(null);
  }

  private final Parameter words;
  private final Parameter positions;
  private final Parameter types;
  private final LayerNorm norm;
  private final Positions numbering;
  private final double dropout;

  /**
   * Declares the weights.
   *
   * @param size the width of the vectors
   * @param types the number of token types; 0 when the family has none
   * @param dropout the probability of dropout at the end
   */
  TokenEmbeddings(
      ConfigValues config,
      ParameterSet.Scope scope,
      int size,
      int types,
      Positions numbering,
      double eps,
      double dropout) {
    words =
        scope
            .child("word_embeddings")
            .wordEmbeddings("weight", Parameter.Init.NORMAL, config.positive("vocab_size"), size);
    positions = table(scope, "position_embeddings", config.positions(), size);
    this.types = types == 0 ? null : table(scope, "token_type_embeddings", types, size);
    norm = new LayerNorm(scope.child("LayerNorm"), size, eps);
    this.numbering = numbering;
    this.dropout = dropout;
  }

  /** {@code [rows, length, size]}, in the arithmetic of the pass. */
  <T> T forward(TensorOps<T> ops, Tokens<T> tokens) {
    T sum = ops.embedding(ops.weight(words), tokens.wordRows());
    if (types != null) {
      sum = ops.add(sum, ofTypes(ops, ops.weight(types), tokens));
    }
    sum = ops.add(sum, ops.embedding(ops.weight(positions), positionIds(ops, tokens)));
    return ops.dropout(ops.cast(norm.forward(ops, sum)), dropout);
  }

  private <T> T positionIds(TensorOps<T> ops, Tokens<T> tokens) {
    if (numbering.padTokenId() == null) {
      return ops.positions(tokens);
    }
    int padTokenId = numbering.padTokenId();
    T real = ops.notEqual(tokens.inputIds(), padTokenId);
    T counted = ops.multiply(ops.cumulativeSum(real), real);
    return ops.add(counted, ops.constant(new long[] {padTokenId}));
  }

  /** The vectors of the tokens' types, of one that broadcasts where all are of type 0. */
  static <T> T ofTypes(TensorOps<T> ops, T table, Tokens<T> tokens) {
    return tokens.tokenTypeIds() == null
        ? ops.select(table, 0, 0)
        : ops.embedding(table, tokens.tokenTypeIds());
  }

  /** Declares a table of {@code rows} vectors. */
  static Parameter table(ParameterSet.Scope scope, String name, long rows, long size) {
    return scope.child(name).parameter("weight", Parameter.Init.NORMAL, rows, size);
  }
}
