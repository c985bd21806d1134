package org.sparkfinetune.model;

import java.util.ArrayList;
import java.util.List;

/**
 * ALBERT (Lan et al., 2019): narrow embeddings, and groups of layers whose weights are used over
 * and over.
 */
final class AlbertFamily implements EncoderFamily {
  @Override
  public String modelType() {
    return "albert";
  }

  @Override
  public String classifierArchitecture() {
    return "AlbertForSequenceClassification";
  }

  @Override
  public String baseModelPrefix() {
    return "albert";
  }

  @Override
  public Encoder encoder(ModelConfig config, ParameterSet.Scope scope) {
    return new Albert(config, scope);
  }

  @Override
  public void requireComputed(ModelConfig config) {
    BertEncoder.requireAbsolutePositions(config);
  }

  @Override
  public DropoutKeys dropouts() {
    return DropoutKeys.bert("classifier_dropout_prob");
  }

  @Override
  public List<String> loraTargets() {
    return List.of("query", "value");
  }

  @Override
  public HeadLayout head(ModelConfig config) {
    return HeadLayout.firstToken(
        config.positive("hidden_size"),
        0,
        "albert.pooler",
        Activation.TANH,
        config.dropout("classifier_dropout_prob", 0.1),
        "classifier");
  }

  private record Layer(SelfAttention attention, PostNormLayer rest) {}

  private static final class Albert implements Encoder {
    private final TokenEmbeddings embeddings;
    private final Linear projection;
    private final List<List<Layer>> groups = new ArrayList<>();
    private final int depth;

    Albert(ModelConfig config, ParameterSet.Scope scope) {
      int size = config.positive("embedding_size");
      embeddings =
          new TokenEmbeddings(
              config,
              scope.child("embeddings"),
              size,
              TokenEmbeddings.bertTypes(config),
              TokenEmbeddings.Positions.FROM_ZERO,
              config.epsilon("layer_norm_eps", 1e-12),
              config.dropout("hidden_dropout_prob", 0));
      ParameterSet.Scope encoder = scope.child("encoder");
      projection =
          new Linear(
              encoder.child("embedding_hidden_mapping_in"), size, config.positive("hidden_size"));
      depth = config.layers("num_hidden_layers");
      int groupCount = config.integer("num_hidden_groups", 1, 1, ModelConfig.MAX_LAYERS);
      int innerCount = config.integer("inner_group_num", 1, 1, ModelConfig.MAX_LAYERS);
      for (int group = 0; group < groupCount; group++) {
        ParameterSet.Scope layers =
            encoder.child("albert_layer_groups").layer(group).child("albert_layers");
        List<Layer> inner = new ArrayList<>();
        for (int i = 0; i < innerCount; i++) {
          inner.add(layer(config, layers.child("" + i)));
        }
        groups.add(inner);
      }
    }

    private static Layer layer(ModelConfig config, ParameterSet.Scope scope) {
      int hidden = config.positive("hidden_size");
      int inner = config.positive("intermediate_size");
      double eps = config.epsilon("layer_norm_eps", 1e-12);
      ParameterSet.Scope attention = scope.child("attention");
      return new Layer(
          new SelfAttention(
              new Linear(attention.child("query"), hidden, hidden),
              new Linear(attention.child("key"), hidden, hidden),
              new Linear(attention.child("value"), hidden, hidden),
              hidden,
              config.positive("num_attention_heads"),
              config.dropout("attention_probs_dropout_prob", 0)),
          new PostNormLayer(
              new Linear(attention.child("dense"), hidden, hidden),
              new LayerNorm(attention.child("LayerNorm"), hidden, eps),
              new Linear(scope.child("ffn"), hidden, inner),
              config.activation("hidden_act", "gelu_new"),
              new Linear(scope.child("ffn_output"), inner, hidden),
              new LayerNorm(scope.child("full_layer_layer_norm"), hidden, eps),
              config.dropout("hidden_dropout_prob", 0),
              0));
    }

    @Override
    public boolean takesUnpadded() {
      return true;
    }

    @Override
    public <T> T forward(TensorOps<T> ops, Tokens<T> tokens) {
      T bias = ops.paddingBias(tokens);
      T x = projection.forward(ops, embeddings.forward(ops, tokens));
      for (int i = 0; i < depth; i++) {
        for (Layer layer : groups.get(i * groups.size() / depth)) {
          x =
              ops.recomputable(
                  y -> layer.rest().forward(ops, y, layer.attention().forward(ops, y, bias)), x);
        }
      }
      return x;
    }
  }
}
