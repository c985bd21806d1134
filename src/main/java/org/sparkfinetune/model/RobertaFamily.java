package org.sparkfinetune.model;

import java.util.List;

/**
 * RoBERTa (Liu et al., 2019) and its kin XLM-RoBERTa (Conneau et al., 2019) and CamemBERT (Martin
 * et al., 2019), which differ from it in their vocabulary and their data alone: BERT's layers,
 * positions that count from behind the padding token's id, a head of two layers on the first token.
 *
 * @param modelType the kin's {@code model_type}
 * @param classifierArchitecture Hugging Face's class of its classifier
 */
record RobertaFamily(String modelType, String classifierArchitecture) implements EncoderFamily {
  @Override
  public String baseModelPrefix() {
    return "roberta";
  }

  @Override
  public int maxTokens(ModelConfig config) {
    // The positions up to the padding token's are not given to tokens.
    return config.positions() - padTokenId(config) - 1;
  }

  @Override
  public int padTokenId(ModelConfig config) {
    return EncoderFamily.padTokenId(config, 1);
  }

  @Override
  public Encoder encoder(ModelConfig config, ParameterSet.Scope scope) {
    TokenEmbeddings embeddings =
        TokenEmbeddings.bert(
            config,
            scope,
            config.positive("hidden_size"),
            new TokenEmbeddings.Positions(padTokenId(config)));
    return new BertEncoder(config, scope, embeddings, null);
  }

  @Override
  public void requireComputed(ModelConfig config) {
    BertEncoder.requireComputed(config);
  }

  @Override
  public DropoutKeys dropouts() {
    return DropoutKeys.bert("classifier_dropout");
  }

  @Override
  public List<String> loraTargets() {
    return List.of("query", "value");
  }

  @Override
  public HeadLayout head(ModelConfig config) {
    return HeadLayout.twoLayers(
        config.positive("hidden_size"), HeadLayout.bertDropout(config), Activation.TANH);
  }
}
