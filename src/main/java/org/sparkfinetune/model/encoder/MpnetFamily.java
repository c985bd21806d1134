package org.sparkfinetune.model.encoder;

import java.util.List;
import org.sparkfinetune.model.compute.Activation;

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
  public int maxTokens(ConfigValues config) {
    return config.positions() - PAD_TOKEN_ID - 1;
  }

  @Override
  public int padTokenId(ConfigValues config) {
    return EncoderFamily.padTokenId(config, PAD_TOKEN_ID);
  }

  @Override
  public boolean hasTokenTypes(ConfigValues config) {
    return false;
  }

  @Override
  public Encoder encoder(ConfigValues config, ParameterSet.Scope scope) {
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
  public HeadLayout head(ConfigValues config) {
    return HeadLayout.twoLayers(
        config.positive("hidden_size"),
        config.dropout("hidden_dropout_prob", 0.1),
        Activation.TANH);
  }
}
