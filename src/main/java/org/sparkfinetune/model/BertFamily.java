package org.sparkfinetune.model;

import java.util.List;

/** BERT (Devlin et al., 2018): learned absolute positions, a pooler on the first token. */
final class BertFamily implements EncoderFamily {
  @Override
  public String modelType() {
    return "bert";
  }

  @Override
  public String classifierArchitecture() {
    return "BertForSequenceClassification";
  }

  @Override
  public String baseModelPrefix() {
    return "bert";
  }

  @Override
  public Encoder encoder(ModelConfig config, ParameterSet.Scope scope) {
    TokenEmbeddings embeddings =
        TokenEmbeddings.bert(
            config, scope, config.positive("hidden_size"), TokenEmbeddings.Positions.FROM_ZERO);
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
    return HeadLayout.firstToken(
        config.positive("hidden_size"),
        0,
        "bert.pooler.dense",
        Activation.TANH,
        HeadLayout.bertDropout(config),
        "classifier");
  }
}
