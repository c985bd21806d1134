package org.sparkfinetune.model.encoder;

import java.util.ArrayList;
import java.util.List;
import org.sparkfinetune.model.compute.Activation;

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
  public boolean hasTokenTypes(ConfigValues config) {
    return PostNormKeys.BERT.types(config) > 1;
  }

  @Override
  public Encoder encoder(ConfigValues config, ParameterSet.Scope scope) {
    PostNormSizes sizes = sizes(config);
    int width = config.positive("embedding_size");
    TokenEmbeddings embeddings =
        new TokenEmbeddings(
            config,
            scope.child("embeddings"),
            width,
            PostNormKeys.BERT.types(config),
            TokenEmbeddings.Positions.FROM_ZERO,
            sizes.eps(),
            sizes.dropout());
    ParameterSet.Scope encoder = scope.child("encoder");
    Linear projection =
        new Linear(encoder.child("embedding_hidden_mapping_in"), width, sizes.hidden());
    return new PostNormEncoder(embeddings, projection, layers(config, encoder, sizes), null);
  }

  /** The layers in the order of use: each group's, as often as its turn comes. */
  private static List<PostNormLayer> layers(
      ConfigValues config, ParameterSet.Scope encoder, PostNormSizes sizes) {
    int depth = config.layers("num_hidden_layers");
    int groupCount = config.integer("num_hidden_groups", 1, 1, ConfigValues.MAX_LAYERS);
    int innerCount = config.integer("inner_group_num", 1, 1, ConfigValues.MAX_LAYERS);
    List<List<PostNormLayer>> groups = new ArrayList<>();
    for (int group = 0; group < groupCount; group++) {
      ParameterSet.Scope layers =
          encoder.child("albert_layer_groups").layer(group).child(PostNormNames.ALBERT.list());
      List<PostNormLayer> inner = new ArrayList<>();
      for (int i = 0; i < innerCount; i++) {
        // One depth a group: its layers are one part of the model.
        inner.add(PostNormNames.ALBERT.layer(layers.child("" + i), sizes));
      }
      groups.add(inner);
    }
    List<PostNormLayer> used = new ArrayList<>();
    for (int i = 0; i < depth; i++) {
      used.addAll(groups.get(i * groups.size() / depth));
    }
    return used;
  }

  private static PostNormSizes sizes(ConfigValues config) {
    double dropout = config.dropout("hidden_dropout_prob", 0);
    return new PostNormSizes(
        config.positive("hidden_size"),
        config.positive("intermediate_size"),
        config.positive("num_attention_heads"),
        config.epsilon("layer_norm_eps", PostNormKeys.EPS),
        config.activation("hidden_act", "gelu_new"),
        dropout,
        config.dropout("attention_probs_dropout_prob", 0),
        dropout,
        0);
  }

  @Override
  public void requireComputed(ConfigValues config) {
    EncoderFamily.requireAbsolutePositions(config);
  }

  @Override
  public DropoutKeys dropouts() {
    return PostNormKeys.BERT.dropouts("classifier_dropout_prob");
  }

  @Override
  public List<String> loraTargets() {
    return List.of("query", "value");
  }

  @Override
  public HeadLayout head(ConfigValues config) {
    return HeadLayout.firstToken(
        config.positive("hidden_size"),
        0,
        "albert.pooler",
        Activation.TANH,
        config.dropout("classifier_dropout_prob", 0.1),
        "classifier");
  }
}
