package org.sparkfinetune.model;

import java.util.List;

/**
 * MPNet (Song et al., 2020): BERT's layers with a bias on attention scores by the distance of two
 * tokens, in buckets as T5's; positions as RoBERTa's; no token types.
 */
final class MpnetFamily implements EncoderFamily {
  /** transformers takes it from its code and not from the configuration. */
  private static final int PAD_TOKEN_ID = 1;

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
    PostNormSizes sizes = PostNormKeys.MPNET.sizes(config);
    TokenEmbeddings embeddings =
        new TokenEmbeddings(
            config,
            scope.child("embeddings"),
            sizes.hidden(),
            0,
            new TokenEmbeddings.Positions(PAD_TOKEN_ID),
            sizes.eps(),
            sizes.dropout());
    List<PostNormLayer> layers =
        PostNormNames.MPNET.layers(scope, config.layers(PostNormKeys.MPNET.layers()), sizes);
    DistanceBias distances =
        new DistanceBias(
            scope.child("encoder.relative_attention_bias"),
            DistanceBias.rows(config),
            sizes.heads(),
            maxTokens(config));
    return new PostNormEncoder(embeddings, null, layers, distances);
  }

  @Override
  public DropoutKeys dropouts() {
    return PostNormKeys.MPNET.dropouts();
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
}
