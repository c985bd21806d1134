package org.sparkfinetune.annotator;

import java.util.Objects;
import org.sparkfinetune.UserException;

/**
 * The settings that shape the examples of a data set.
 *
 * @param share of each class, or label, that is held out; 0 where a column marks the rows
 * @param seed which the held-out examples are drawn by
 * @param base whose tokenizer it is, for messages
 * @param tokenizer the text of its {@code tokenizer.json}
 */
record ExampleSettings(
    TrainingColumns columns,
    double share,
    long seed,
    String base,
    String tokenizer,
    int maxLength) {
  /**
   * Refuses settings that would shape the examples otherwise.
   *
   * @throws UserException which names the setting
   */
  void requireSame(ExampleSettings other) {
    require("inputCols", columns.documents(), other.columns.documents());
    require("labelColumn", columns.label(), other.columns.label());
    require(
        "problem_type", columns.problemType().spelling(), other.columns.problemType().spelling());
    require("labelSeparator", columns.labelSeparator(), other.columns.labelSeparator());
    require(
        "validationIndicatorCol",
        columns.validationIndicator().orElse("not set"),
        other.columns.validationIndicator().orElse("not set"));
    require(
        "weightCol", columns.weight().orElse("not set"), other.columns.weight().orElse("not set"));
    require("validation_split", share, other.share);
    if (share > 0) {
      require("seed", seed, other.seed);
    }
    require("max_length", maxLength, other.maxLength);
    if (!tokenizer.equals(other.tokenizer)) {
      throw new UserException(
          "base="
              + other.base
              + " has another tokenizer than "
              + base
              + ", which the examples were prepared with: prepare them with it");
    }
  }

  private static void require(String setting, Object prepared, Object asked) {
    if (!Objects.equals(prepared, asked)) {
      throw new UserException(
          setting
              + "="
              + asked
              + " is not what the examples were prepared with, "
              + prepared
              + ": prepare them with it, or set it back");
    }
  }
}
