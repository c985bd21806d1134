package io.sparkfinetune.model;

/** What sets one Hugging Face {@code model_type} apart from the others. */
interface EncoderFamily {
  /** The {@code model_type}, as in {@code bert}. */
  String modelType();

  /**
   * Hugging Face's class of this family's classifier, as in {@code BertForSequenceClassification}.
   */
  String classifierArchitecture();

  /**
   * What precedes the encoder's weights in a classifier's checkpoint: transformers' {@code
   * base_model_prefix}, as in {@code bert}.
   */
  String baseModelPrefix();

  /** The longest row in tokens, special tokens included. */
  int maxTokens(ModelConfig config);

  /** Whether the encoder tells a second text from a first by {@code token_type_ids}. */
  boolean hasTokenTypes(ModelConfig config);

  /**
   * Declares the encoder's weights and builds it.
   *
   * @param scope where its names start, behind the prefix, at depth 0
   */
  Encoder encoder(ModelConfig config, ParameterSet.Scope scope);

  /** Hugging Face's own head of this family. */
  HeadLayout head(ModelConfig config);
}
