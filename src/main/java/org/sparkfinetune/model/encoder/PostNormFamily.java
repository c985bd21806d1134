package org.sparkfinetune.model.encoder;

import java.util.List;
import java.util.function.Function;
import org.sparkfinetune.model.compute.Activation;

/**
 * BERT and those of its kin that differ from it by names, keys and the head: post-norm layers with
 * learned absolute positions. A further one is a constant here, and its place in {@link
 * EncoderFamilies}.
 *
 * @param baseModelPrefix as of {@link EncoderFamily#baseModelPrefix}
 * @param padTokenId the default; in families of {@code countsFromPadding} positions start behind it
 * @param countsFromPadding whether positions are RoBERTa's: tokens count from the number behind the
 *     padding token's id
 * @param keys of {@code config.json}
 * @param names of the layers' modules
 * @param classifierDropout the key of the head's dropout
 * @param loraTargets as of {@link EncoderFamily#loraTargets}
 * @param headOf Hugging Face's own head
 */
record PostNormFamily(
    String modelType,
    String classifierArchitecture,
    String baseModelPrefix,
    int padTokenId,
    boolean countsFromPadding,
    PostNormKeys keys,
    PostNormNames names,
    String classifierDropout,
    List<String> loraTargets,
    Function<ConfigValues, HeadLayout> headOf)
    implements EncoderFamily {
  /** Devlin et al., 2018: a pooler on the first token. */
  static final PostNormFamily BERT =
      bert(
          "bert",
          "BertForSequenceClassification",
          PostNormKeys.BERT,
          config ->
              HeadLayout.firstToken(
                  config.positive("hidden_size"),
                  0,
                  "bert.pooler.dense",
                  Activation.TANH,
                  HeadLayout.bertDropout(config),
                  "classifier"));

  /** Liu et al., 2019. */
  static final PostNormFamily ROBERTA = roberta("roberta", "RobertaForSequenceClassification");

  /** Conneau et al., 2019: RoBERTa on another vocabulary and other data. */
  static final PostNormFamily XLM_ROBERTA =
      roberta("xlm-roberta", "XLMRobertaForSequenceClassification");

  /** Martin et al., 2019: RoBERTa on another vocabulary and other data. */
  static final PostNormFamily CAMEMBERT =
      roberta("camembert", "CamembertForSequenceClassification");

  /** Sanh et al., 2019: BERT with half the layers, without token types and without a pooler. */
  static final PostNormFamily DISTILBERT =
      new PostNormFamily(
          "distilbert",
          "DistilBertForSequenceClassification",
          "distilbert",
          0,
          false,
          PostNormKeys.DISTILBERT,
          PostNormNames.DISTILBERT,
          "seq_classif_dropout",
          List.of("q_lin", "v_lin"),
          config ->
              HeadLayout.firstToken(
                  config.positive("dim"),
                  0,
                  "pre_classifier",
                  Activation.RELU,
                  config.dropout("seq_classif_dropout", 0.2),
                  "classifier"));

  /**
   * ELECTRA's discriminator (Clark et al., 2020): embeddings that may be narrower than the layers.
   * BERT's heads have tanh where its authors took gelu.
   */
  static final PostNormFamily ELECTRA =
      bert(
          "electra",
          "ElectraForSequenceClassification",
          PostNormKeys.ELECTRA,
          config -> twoLayers(config, Activation.GELU));

  private static PostNormFamily bert(
      String modelType,
      String classifierArchitecture,
      PostNormKeys keys,
      Function<ConfigValues, HeadLayout> headOf) {
    return new PostNormFamily(
        modelType,
        classifierArchitecture,
        modelType,
        0,
        false,
        keys,
        PostNormNames.BERT,
        "classifier_dropout",
        List.of("query", "value"),
        headOf);
  }

  /** Positions that count from behind the padding token's id, a head of two layers. */
  private static PostNormFamily roberta(String modelType, String classifierArchitecture) {
    return new PostNormFamily(
        modelType,
        classifierArchitecture,
        "roberta",
        1,
        true,
        PostNormKeys.BERT,
        PostNormNames.BERT,
        "classifier_dropout",
        List.of("query", "value"),
        config -> twoLayers(config, Activation.TANH));
  }

  private static HeadLayout twoLayers(ConfigValues config, Activation activation) {
    return HeadLayout.twoLayers(
        config.positive("hidden_size"), HeadLayout.bertDropout(config), activation);
  }

  @Override
  public int maxTokens(ConfigValues config) {
    // The positions up to the padding token's are not given to tokens.
    return countsFromPadding ? config.positions() - padTokenId(config) - 1 : config.positions();
  }

  @Override
  public int padTokenId(ConfigValues config) {
    return EncoderFamily.padTokenId(config, padTokenId);
  }

  @Override
  public boolean hasTokenTypes(ConfigValues config) {
    return keys.types(config) > 1;
  }

  @Override
  public Encoder encoder(ConfigValues config, ParameterSet.Scope scope) {
    PostNormSizes sizes = keys.sizes(config);
    int hidden = sizes.hidden();
    int width = keys.embeddingSize() == null ? hidden : config.positive(keys.embeddingSize());
    TokenEmbeddings embeddings =
        new TokenEmbeddings(
            config,
            scope.child("embeddings"),
            width,
            keys.types(config),
            countsFromPadding
                ? new TokenEmbeddings.Positions(padTokenId(config))
                : TokenEmbeddings.Positions.FROM_ZERO,
            sizes.eps(),
            sizes.dropout());
    Linear projection =
        width == hidden ? null : new Linear(scope.child("embeddings_project"), width, hidden);
    return new PostNormEncoder(
        embeddings, projection, names.layers(scope, config.layers(keys.layers()), sizes), null);
  }

  @Override
  public void requireComputed(ConfigValues config) {
    if (!keys.decoder()) {
      return;
    }
    EncoderFamily.requireAbsolutePositions(config);
    for (String key : List.of("is_decoder", "add_cross_attention")) {
      config.requireOnly(
          key,
          "false",
          "each token sees those on both sides of it here, and with true those before it alone."
              + " Give an encoder, or set it to false if the model was trained as one");
    }
  }

  @Override
  public DropoutKeys dropouts() {
    return keys.dropouts(classifierDropout);
  }

  @Override
  public HeadLayout head(ConfigValues config) {
    return headOf.apply(config);
  }
}
