package io.sparkfinetune.model;

import java.util.List;

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
  default int maxTokens(ModelConfig config) {
    return config.positive("max_position_embeddings");
  }

  /** The token id that pads a batch; the default is that of transformers' configuration class. */
  default int padTokenId(ModelConfig config) {
    return config.integer("pad_token_id", 0);
  }

  /**
   * Whether the encoder tells a second text from a first by {@code token_type_ids}; the default is
   * BERT's.
   */
  default boolean hasTokenTypes(ModelConfig config) {
    return TokenEmbeddings.bertTypes(config) > 1;
  }

  /**
   * Declares the encoder's weights and builds it.
   *
   * @param scope where its names start, behind the prefix, at depth 0
   */
  Encoder encoder(ModelConfig config, ParameterSet.Scope scope);

  /** Where its {@code config.json} keeps the dropouts. */
  DropoutKeys dropouts();

  /**
   * The modules that LoRA adapts when the user names none: PEFT's {@code target_modules} for this
   * {@code model_type}, or their like where PEFT has none.
   */
  List<String> loraTargets();

  /** Hugging Face's own head of this family. */
  HeadLayout head(ModelConfig config);
}
