package org.sparkfinetune.model;

/**
 * What follows attention in a layer of BERT's kind: its output projection and the feed-forward
 * network, each with dropout, a residual connection and a norm behind it.
 *
 * @param attentionOutput from the heads' width to the model's
 * @param attentionDropout the probability of dropout after the attention's output projection
 * @param outputDropout the probability of dropout after the feed-forward network
 */
record PostNormLayer(
    Linear attentionOutput,
    LayerNorm attentionNorm,
    Linear intermediate,
    Activation activation,
    Linear output,
    LayerNorm outputNorm,
    double attentionDropout,
    double outputDropout) {

  /**
   * The layer of BERT, RoBERTa, ELECTRA and DeBERTa, by their names.
   *
   * @param eps of the norms
   */
  static PostNormLayer bert(ModelConfig config, ParameterSet.Scope scope, double eps) {
    int hidden = config.positive("hidden_size");
    int inner = config.positive("intermediate_size");
    double dropout = config.dropout("hidden_dropout_prob", 0.1);
    ParameterSet.Scope attentionOutput = scope.child("attention.output");
    return new PostNormLayer(
        new Linear(attentionOutput.child("dense"), hidden, hidden),
        new LayerNorm(attentionOutput.child("LayerNorm"), hidden, eps),
        new Linear(scope.child("intermediate.dense"), hidden, inner),
        config.activation("hidden_act", "gelu"),
        new Linear(scope.child("output.dense"), inner, hidden),
        new LayerNorm(scope.child("output.LayerNorm"), hidden, eps),
        dropout,
        dropout);
  }

  /**
   * The layer's output.
   *
   * @param x its input, {@code [rows, length, hidden]}
   * @param context what attention made of it, {@code [rows, length, heads * size]}
   */
  <T> T forward(TensorOps<T> ops, T x, T context) {
    T mixed = attentionOutput.forward(ops, context);
    T attended = attentionNorm.forward(ops, ops.add(ops.dropout(mixed, attentionDropout), x));
    T inner = ops.activation(activation, intermediate.forward(ops, attended));
    T outer = output.forward(ops, inner);
    return outputNorm.forward(ops, ops.add(ops.dropout(outer, outputDropout), attended));
  }
}
