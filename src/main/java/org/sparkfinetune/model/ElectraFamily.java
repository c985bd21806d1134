package org.sparkfinetune.model;

import java.util.List;

/**
 * ELECTRA's discriminator (Clark et al., 2020): BERT's layers, embeddings that may be narrower than
 * they are, a head of two layers on the first token.
 */
final class ElectraFamily implements EncoderFamily {
  @Override
  public String modelType() {
    return "electra";
  }

  @Override
  public String classifierArchitecture() {
    return "ElectraForSequenceClassification";
  }

  @Override
  public String baseModelPrefix() {
    return "electra";
  }

  @Override
  public Encoder encoder(ModelConfig config, ParameterSet.Scope scope) {
    int size = config.positive("embedding_size");
    int hidden = config.positive("hidden_size");
    TokenEmbeddings embeddings =
        TokenEmbeddings.bert(config, scope, size, TokenEmbeddings.Positions.FROM_ZERO);
    Linear projection =
        size == hidden ? null : new Linear(scope.child("embeddings_project"), size, hidden);
    return new BertEncoder(config, scope, embeddings, projection);
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
    // BERT's heads have tanh here; ELECTRA's authors took gelu.
    return HeadLayout.twoLayers(
        config.positive("hidden_size"), HeadLayout.bertDropout(config), Activation.GELU);
  }
}
