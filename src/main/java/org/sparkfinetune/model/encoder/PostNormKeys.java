package org.sparkfinetune.model.encoder;

import java.util.List;

/**
 * The keys of {@code config.json} under which a family has the sizes of layers of BERT's kind.
 *
 * @param embeddingSize the width of the embeddings; null where it is always that of the layers
 * @param types the number of token types; null where the family has none
 * @param eps of the norms; null where it is always the default
 * @param defaultEps the default of that
 * @param attentionOutputDropout whether the hidden dropout acts after the attention's output too
 * @param decoder whether transformers' class of the family may be a decoder, or have relative
 *     positions, by keys of its own
 */
record PostNormKeys(
    String hidden,
    String inner,
    String layers,
    String heads,
    String activation,
    String hiddenDropout,
    String attentionDropout,
    String embeddingSize,
    String types,
    String eps,
    double defaultEps,
    boolean attentionOutputDropout,
    boolean decoder) {
  static final double EPS = 1e-12;

  static final PostNormKeys BERT = bert(null, "type_vocab_size", EPS, true);

  static final PostNormKeys ELECTRA = bert("embedding_size", "type_vocab_size", EPS, true);

  static final PostNormKeys MPNET = bert(null, null, EPS, false);

  static final PostNormKeys DEBERTA = bert(null, null, 1e-7, false);

  static final PostNormKeys DISTILBERT =
      new PostNormKeys(
          "dim",
          "hidden_dim",
          "n_layers",
          "n_heads",
          "activation",
          "dropout",
          "attention_dropout",
          null,
          null,
          null,
          EPS,
          false,
          false);

  private static PostNormKeys bert(
      String embeddingSize, String types, double defaultEps, boolean decoder) {
    return new PostNormKeys(
        "hidden_size",
        "intermediate_size",
        "num_hidden_layers",
        "num_attention_heads",
        "hidden_act",
        "hidden_dropout_prob",
        "attention_probs_dropout_prob",
        embeddingSize,
        types,
        "layer_norm_eps",
        defaultEps,
        true,
        decoder);
  }

  /** The number of token types; 0 when the family has none. */
  int types(ConfigValues config) {
    return types == null ? 0 : config.positive(types, 2);
  }

  /** What a configuration says under these keys. */
  PostNormSizes sizes(ConfigValues config) {
    double dropout = config.dropout(hiddenDropout, 0.1);
    return new PostNormSizes(
        config.positive(hidden),
        config.positive(inner),
        config.positive(heads),
        eps == null ? defaultEps : config.epsilon(eps, defaultEps),
        config.activation(activation, "gelu"),
        dropout,
        config.dropout(attentionDropout, 0.1),
        attentionOutputDropout ? dropout : 0,
        dropout);
  }

  /** The names of dropouts, the head's among them. */
  DropoutKeys dropouts(String... classifier) {
    return new DropoutKeys(List.of(hiddenDropout), List.of(attentionDropout), List.of(classifier));
  }
}
