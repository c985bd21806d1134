package io.sparkfinetune.model;

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
  public int maxTokens(ModelConfig config) {
    return config.positive("max_position_embeddings");
  }

  @Override
  public boolean hasTokenTypes(ModelConfig config) {
    return config.integer("type_vocab_size", 2) > 1;
  }

  @Override
  public Encoder encoder(ModelConfig config, ParameterSet.Scope scope) {
    TokenEmbeddings embeddings =
        new TokenEmbeddings(
            config,
            scope.child("embeddings"),
            config.positive("hidden_size"),
            config.integer("type_vocab_size", 2),
            TokenEmbeddings.Positions.FROM_ZERO,
            config.number("layer_norm_eps", 1e-12),
            config.number("hidden_dropout_prob", 0.1));
    return new BertEncoder(config, scope, embeddings, null);
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
    return HeadLayout.firstToken(
        config.positive("hidden_size"),
        0,
        "bert.pooler.dense",
        Activation.TANH,
        config.number("classifier_dropout", config.number("hidden_dropout_prob", 0.1)),
        "classifier");
  }
}
