package org.sparkfinetune.model;

import java.util.ArrayList;
import java.util.List;

/**
 * MPNet (Song et al., 2020): BERT's layers with a bias on attention scores by the distance of two
 * tokens, in buckets as T5's; positions as RoBERTa's; no token types.
 */
final class MpnetFamily implements EncoderFamily {
  /** transformers takes these three from its code and not from the configuration. */
  private static final int PAD_TOKEN_ID = 1;

  private static final int BUCKETS = 32;
  private static final int MAX_DISTANCE = 128;

  @Override
  public String modelType() {
    return "mpnet";
  }

  @Override
  public String classifierArchitecture() {
    return "MPNetForSequenceClassification";
  }

  @Override
  public String baseModelPrefix() {
    return "mpnet";
  }

  @Override
  public int maxTokens(ModelConfig config) {
    return config.positions() - PAD_TOKEN_ID - 1;
  }

  @Override
  public int padTokenId(ModelConfig config) {
    return EncoderFamily.padTokenId(config, PAD_TOKEN_ID);
  }

  @Override
  public boolean hasTokenTypes(ModelConfig config) {
    return false;
  }

  @Override
  public Encoder encoder(ModelConfig config, ParameterSet.Scope scope) {
    return new Mpnet(config, scope, maxTokens(config));
  }

  @Override
  public DropoutKeys dropouts() {
    return DropoutKeys.bert();
  }

  @Override
  public List<String> loraTargets() {
    return List.of("attn.q", "attn.v");
  }

  @Override
  public HeadLayout head(ModelConfig config) {
    return HeadLayout.twoLayers(
        config.positive("hidden_size"),
        config.dropout("hidden_dropout_prob", 0.1),
        Activation.TANH);
  }

  private static final class Mpnet implements Encoder {
    private final TokenEmbeddings embeddings;
    private final List<SelfAttention> attentions = new ArrayList<>();
    private final List<PostNormLayer> layers = new ArrayList<>();
    private final Parameter distanceBias;

    /** Bucket of each distance from {@code -(maxTokens - 1)} to {@code maxTokens - 1}. */
    private final long[] buckets;

    Mpnet(ModelConfig config, ParameterSet.Scope scope, int maxTokens) {
      int hidden = config.positive("hidden_size");
      int inner = config.positive("intermediate_size");
      int heads = config.positive("num_attention_heads");
      double eps = config.epsilon("layer_norm_eps", 1e-12);
      double dropout = config.dropout("hidden_dropout_prob", 0.1);
      embeddings =
          new TokenEmbeddings(
              config,
              scope.child("embeddings"),
              hidden,
              0,
              new TokenEmbeddings.Positions(PAD_TOKEN_ID),
              eps,
              dropout);
      ParameterSet.Scope encoder = scope.child("encoder");
      for (int i = 0; i < config.layers("num_hidden_layers"); i++) {
        ParameterSet.Scope layer = encoder.child("layer").layer(i);
        ParameterSet.Scope attention = layer.child("attention.attn");
        attentions.add(
            new SelfAttention(
                new Linear(attention.child("q"), hidden, hidden),
                new Linear(attention.child("k"), hidden, hidden),
                new Linear(attention.child("v"), hidden, hidden),
                hidden,
                heads,
                config.dropout("attention_probs_dropout_prob", 0.1)));
        layers.add(
            new PostNormLayer(
                new Linear(attention.child("o"), hidden, hidden),
                new LayerNorm(layer.child("attention.LayerNorm"), hidden, eps),
                new Linear(layer.child("intermediate.dense"), hidden, inner),
                config.activation("hidden_act", "gelu"),
                new Linear(layer.child("output.dense"), inner, hidden),
                new LayerNorm(layer.child("output.LayerNorm"), hidden, eps),
                dropout,
                dropout));
      }
      distanceBias =
          encoder
              .child("relative_attention_bias")
              .parameter(
                  "weight",
                  Parameter.Init.NORMAL,
                  config.integer(
                      "relative_attention_num_buckets", BUCKETS, BUCKETS, ModelConfig.MAX_SIZE),
                  heads);
      buckets = new long[2 * maxTokens - 1];
      for (int i = 0; i < buckets.length; i++) {
        buckets[i] = bucket(i - (maxTokens - 1));
      }
    }

    /**
     * The bucket of a key's position less the query's: half of the buckets for keys on the right;
     * of each half one a distance at first, then logarithmically up to {@link #MAX_DISTANCE}.
     */
    private static long bucket(int distance) {
      int half = BUCKETS / 2;
      int exact = half / 2;
      int side = distance > 0 ? half : 0;
      int n = Math.abs(distance);
      if (n < exact) {
        return side + n;
      }
      // In fp32, as transformers: on the edge of a bucket rounding decides.
      float share =
          (float) Math.log((float) n / exact) / (float) Math.log((double) MAX_DISTANCE / exact);
      return side + Math.min(half - 1, exact + (long) (share * (half - exact)));
    }

    @Override
    public <T> T forward(TensorOps<T> ops, Tokens<T> tokens) {
      T index = ops.add(ops.distances(tokens), ops.constant(new long[] {(buckets.length - 1) / 2}));
      T bucket = ops.embedding(ops.constant(buckets), index);
      // [length, length, heads] -> [1, heads, length, length]
      T bias =
          ops.unsqueeze(ops.permute(ops.embedding(ops.weight(distanceBias), bucket), 2, 0, 1), 0);
      T padding = ops.paddingBias(tokens);
      T allBias = padding == null ? bias : ops.add(bias, padding);
      T x = embeddings.forward(ops, tokens);
      for (int i = 0; i < layers.size(); i++) {
        SelfAttention attention = attentions.get(i);
        PostNormLayer layer = layers.get(i);
        x = ops.recomputable(y -> layer.forward(ops, y, attention.forward(ops, y, allBias)), x);
      }
      return x;
    }
  }
}
