package org.sparkfinetune.model.encoder;

import java.util.List;
import org.sparkfinetune.UserException;

/** The encoder families, by {@code model_type}. */
public final class EncoderFamilies {
  private static final List<EncoderFamily> ALL =
      List.of(
          PostNormFamily.BERT,
          PostNormFamily.ROBERTA,
          PostNormFamily.XLM_ROBERTA,
          PostNormFamily.CAMEMBERT,
          PostNormFamily.DISTILBERT,
          new AlbertFamily(),
          PostNormFamily.ELECTRA,
          new MpnetFamily(),
          new DebertaV2Family(),
          new ModernBertFamily());

  private EncoderFamilies() {}

  /**
   * The family of a configuration that says nothing else than what is computed here.
   *
   * @throws UserException when it does, or the padding has no vectors
   */
  public static EncoderFamily checked(ConfigValues config) {
    EncoderFamily family = of(config.modelType());
    config.requireOnly(
        "pruned_heads", null, "expected a model with all its heads: save it after prune_heads");
    config.requireOnly(
        "quantization_config",
        null,
        "weights are not quantized here. Give the model in fp32, fp16 or bf16; delete the key"
            + " if it is that already");
    family.requireComputed(config);
    int padding = family.padTokenId(config);
    int vocabulary = config.positive("vocab_size");
    if (padding >= vocabulary) {
      throw new UserException(
          "config.json: pad_token_id=%d is not allowed: the model has vectors for the token ids from"
                  .formatted(padding)
              + " 0 to %d (vocab_size=%d)".formatted(vocabulary - 1, vocabulary));
    }
    if (family.maxTokens(config) < 1) {
      throw new UserException(
          "config.json: max_position_embeddings=%d is not allowed: positions start behind"
                  .formatted(config.positions())
              + " pad_token_id=%d, and no token has one".formatted(padding));
    }
    return family;
  }

  /**
   * The family of a {@code model_type}.
   *
   * @throws UserException when it is unknown; the message lists the known ones
   */
  public static EncoderFamily of(String modelType) {
    return ALL.stream()
        .filter(family -> family.modelType().equals(modelType))
        .findFirst()
        .orElseThrow(
            () ->
                new UserException(
                    "config.json: model_type="
                        + modelType
                        + " is not known; expected one of "
                        + ALL.stream().map(EncoderFamily::modelType).toList()));
  }
}
