package org.sparkfinetune.model;

import java.util.ArrayList;
import java.util.List;

/**
 * DistilBERT (Sanh et al., 2019): BERT with half the layers, without token types and without a
 * pooler.
 */
final class DistilBertFamily implements EncoderFamily {
  private static final double EPS = 1e-12;

  @Override
  public String modelType() {
    return "distilbert";
  }

  @Override
  public String classifierArchitecture() {
    return "DistilBertForSequenceClassification";
  }

  @Override
  public String baseModelPrefix() {
    return "distilbert";
  }

  @Override
  public boolean hasTokenTypes(ModelConfig config) {
    return false;
  }

  @Override
  public Encoder encoder(ModelConfig config, ParameterSet.Scope scope) {
    return new DistilBert(config, scope);
  }

  @Override
  public DropoutKeys dropouts() {
    return new DropoutKeys(
        List.of("dropout"), List.of("attention_dropout"), List.of("seq_classif_dropout"));
  }

  @Override
  public List<String> loraTargets() {
    return List.of("q_lin", "v_lin");
  }

  @Override
  public HeadLayout head(ModelConfig config) {
    return HeadLayout.firstToken(
        config.positive("dim"),
        0,
        "pre_classifier",
        Activation.RELU,
        config.dropout("seq_classif_dropout", 0.2),
        "classifier");
  }

  private static final class DistilBert implements Encoder {
    private final TokenEmbeddings embeddings;
    private final List<SelfAttention> attentions = new ArrayList<>();
    private final List<PostNormLayer> layers = new ArrayList<>();

    DistilBert(ModelConfig config, ParameterSet.Scope scope) {
      int dim = config.positive("dim");
      int inner = config.positive("hidden_dim");
      double dropout = config.dropout("dropout", 0.1);
      Activation activation = config.activation("activation", "gelu");
      embeddings =
          new TokenEmbeddings(
              config,
              scope.child("embeddings"),
              dim,
              0,
              TokenEmbeddings.Positions.FROM_ZERO,
              EPS,
              dropout);
      for (int i = 0; i < config.layers("n_layers"); i++) {
        ParameterSet.Scope layer = scope.child("transformer.layer").layer(i);
        ParameterSet.Scope attention = layer.child("attention");
        attentions.add(
            new SelfAttention(
                new Linear(attention.child("q_lin"), dim, dim),
                new Linear(attention.child("k_lin"), dim, dim),
                new Linear(attention.child("v_lin"), dim, dim),
                dim,
                config.positive("n_heads"),
                config.dropout("attention_dropout", 0.1)));
        layers.add(
            new PostNormLayer(
                new Linear(attention.child("out_lin"), dim, dim),
                new LayerNorm(layer.child("sa_layer_norm"), dim, EPS),
                new Linear(layer.child("ffn.lin1"), dim, inner),
                activation,
                new Linear(layer.child("ffn.lin2"), inner, dim),
                new LayerNorm(layer.child("output_layer_norm"), dim, EPS),
                0,
                dropout));
      }
    }

    @Override
    public boolean takesUnpadded() {
      return true;
    }

    @Override
    public <T> T forward(TensorOps<T> ops, Tokens<T> tokens) {
      T bias = ops.paddingBias(tokens);
      T x = embeddings.forward(ops, tokens);
      for (int i = 0; i < layers.size(); i++) {
        SelfAttention attention = attentions.get(i);
        PostNormLayer layer = layers.get(i);
        x = ops.recomputable(y -> layer.forward(ops, y, attention.forward(ops, y, bias)), x);
      }
      return x;
    }
  }
}
