package org.sparkfinetune.model.encoder;

import java.util.List;
import org.sparkfinetune.UserException;

/** What sets one Hugging Face {@code model_type} apart from the others. */
public interface EncoderFamily {
  /** The {@code model_type}, as in {@code bert}. */
  String modelType();

  /**
   * Hugging Face's class of this family's classifier, as in {@code BertForSequenceClassification}.
   */
  String classifierArchitecture();

  /**
   * What precedes the encoder's weights in a saved classifier: transformers' {@code
   * base_model_prefix}, as in {@code bert}.
   */
  String baseModelPrefix();

  /** The longest row in tokens, special tokens included. */
  default int maxTokens(ConfigValues config) {
    return config.positions();
  }

  /** The token id that pads a batch; the default is that of transformers' configuration class. */
  default int padTokenId(ConfigValues config) {
    return padTokenId(config, 0);
  }

  /** The token id that pads a batch, or the family's own. */
  static int padTokenId(ConfigValues config, int defaultValue) {
    return config.integer("pad_token_id", defaultValue, 0, ConfigValues.MAX_SIZE);
  }

  /** Whether the encoder tells a second text from a first by {@code token_type_ids}. */
  boolean hasTokenTypes(ConfigValues config);

  /**
   * Declares the encoder's weights and builds it.
   *
   * @param scope where its names start, behind the prefix, at depth 0
   */
  Encoder encoder(ConfigValues config, ParameterSet.Scope scope);

  /**
   * Checks the keys by which transformers' class of this family would compute something that is not
   * computed here; docs/models.md lists them. Those of all families are not among them.
   *
   * @throws UserException for one that says so
   */
  default void requireComputed(ConfigValues config) {}

  /** Checks the key of BERT's kin that may ask for relative positions. */
  static void requireAbsolutePositions(ConfigValues config) {
    config.requireOnly("position_embedding_type", "absolute", "only absolute is");
  }

  /** Where its {@code config.json} keeps the dropouts. */
  DropoutKeys dropouts();

  /**
   * The modules that LoRA adapts when the user names none: PEFT's {@code target_modules} for this
   * {@code model_type}, or their like where PEFT has none.
   */
  List<String> loraTargets();

  /** Hugging Face's own head of this family. */
  HeadLayout head(ConfigValues config);
}
