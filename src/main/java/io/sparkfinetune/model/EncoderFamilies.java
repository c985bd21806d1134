package io.sparkfinetune.model;

import io.sparkfinetune.UserException;
import java.util.List;

/** The encoder families, by {@code model_type}. */
final class EncoderFamilies {
  private static final List<EncoderFamily> ALL =
      List.of(
          new BertFamily(),
          new RobertaFamily("roberta", "RobertaForSequenceClassification"),
          new RobertaFamily("xlm-roberta", "XLMRobertaForSequenceClassification"),
          new RobertaFamily("camembert", "CamembertForSequenceClassification"),
          new DistilBertFamily(),
          new AlbertFamily(),
          new ElectraFamily(),
          new MpnetFamily(),
          new DebertaV2Family(),
          new ModernBertFamily());

  private EncoderFamilies() {}

  /**
   * The family of a {@code model_type}.
   *
   * @throws UserException when it is unknown; the message lists the known ones
   */
  static EncoderFamily of(String modelType) {
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
