package io.sparkfinetune.model;

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
  public int maxTokens(ModelConfig config) {
    return config.positive("max_position_embeddings");
  }

  @Override
  public boolean hasTokenTypes(ModelConfig config) {
    return config.integer("type_vocab_size", 2) > 1;
  }

  @Override
  public Encoder encoder(ModelConfig config, ParameterSet.Scope scope) {
    int size = config.positive("embedding_size");
    int hidden = config.positive("hidden_size");
    TokenEmbeddings embeddings =
        new TokenEmbeddings(
            config,
            scope.child("embeddings"),
            size,
            config.integer("type_vocab_size", 2),
            TokenEmbeddings.Positions.FROM_ZERO,
            config.number("layer_norm_eps", 1e-12),
            config.number("hidden_dropout_prob", 0.1));
    Linear projection =
        size == hidden ? null : new Linear(scope.child("embeddings_project"), size, hidden);
    return new BertEncoder(config, scope, embeddings, projection);
  }

  @Override
  public DropoutKeys dropouts() {
    return new DropoutKeys(
        List.of("hidden_dropout_prob"),
        List.of("attention_probs_dropout_prob"),
        List.of("classifier_dropout"));
  }

  @Override
  public List<String> loraTargets() {
    return List.of("query", "value");
  }

  @Override
  public HeadLayout head(ModelConfig config) {
    double dropout = config.number("classifier_dropout", config.number("hidden_dropout_prob", 0.1));
    return HeadLayout.firstToken(
        config.positive("hidden_size"),
        dropout,
        "classifier.dense",
        // BERT's heads have tanh here; ELECTRA's authors took gelu.
        Activation.GELU,
        dropout,
        "classifier.out_proj");
  }
}
