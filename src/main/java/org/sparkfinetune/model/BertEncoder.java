package org.sparkfinetune.model;

import java.util.ArrayList;
import java.util.List;

/**
 * The encoder of BERT (Devlin et al., 2018) and of those that differ from it in their embeddings
 * alone: post-norm layers with absolute attention. Names and order of operations are those of
 * Hugging Face's {@code BertModel}.
 */
final class BertEncoder implements Encoder {
  private final TokenEmbeddings embeddings;
  private final Linear projection;
  private final List<SelfAttention> attentions = new ArrayList<>();
  private final List<PostNormLayer> layers = new ArrayList<>();

  /**
   * Declares the layers' weights.
   *
   * @param projection from the embeddings' width to the layers'; null when they are the same
   */
  BertEncoder(
      ModelConfig config, ParameterSet.Scope scope, TokenEmbeddings embeddings, Linear projection) {
    this.embeddings = embeddings;
    this.projection = projection;
    int hidden = config.positive("hidden_size");
    for (int i = 0; i < config.layers("num_hidden_layers"); i++) {
      ParameterSet.Scope layer = scope.child("encoder.layer").layer(i);
      ParameterSet.Scope self = layer.child("attention.self");
      attentions.add(
          new SelfAttention(
              new Linear(self.child("query"), hidden, hidden),
              new Linear(self.child("key"), hidden, hidden),
              new Linear(self.child("value"), hidden, hidden),
              hidden,
              config.positive("num_attention_heads"),
              config.dropout("attention_probs_dropout_prob", 0.1)));
      layers.add(PostNormLayer.bert(config, layer, config.epsilon("layer_norm_eps", 1e-12)));
    }
  }

  /** The keys of {@code BertModel} and of those that share its code. */
  static void requireComputed(ModelConfig config) {
    requireAbsolutePositions(config);
    for (String key : List.of("is_decoder", "add_cross_attention")) {
      config.requireOnly(
          key,
          "false",
          "each token sees those on both sides of it here, and with true those before it alone."
              + " Give an encoder, or set it to false if the model was trained as one");
    }
  }

  static void requireAbsolutePositions(ModelConfig config) {
    config.requireOnly("position_embedding_type", "absolute", "only absolute is");
  }

  @Override
  public boolean takesUnpadded() {
    return true;
  }

  @Override
  public <T> T forward(TensorOps<T> ops, Tokens<T> tokens) {
    T bias = ops.paddingBias(tokens);
    T x = embeddings.forward(ops, tokens);
    x = projection == null ? x : projection.forward(ops, x);
    for (int i = 0; i < layers.size(); i++) {
      SelfAttention attention = attentions.get(i);
      PostNormLayer layer = layers.get(i);
      x = ops.recomputable(y -> layer.forward(ops, y, attention.forward(ops, y, bias)), x);
    }
    return x;
  }
}
