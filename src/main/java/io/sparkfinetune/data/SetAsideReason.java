package io.sparkfinetune.data;

import java.util.Locale;

/** Why a row is used neither for training nor for evaluation. A row has the first that applies. */
public enum SetAsideReason {
  /** A CSV row with more or fewer fields than the header, or a line that is no JSON. */
  MALFORMED_ROW,
  /** The text is null or white space. */
  BLANK_TEXT,
  /** The second text of a pair is null or white space. */
  BLANK_TEXT_PAIR,
  /** The label is null or white space; of multi-label data, null. */
  MISSING_LABEL,
  /**
   * The same text, or pair of texts (white space at its ends apart) stands in an earlier split, in
   * the order train, validation, test.
   */
  TEXT_IN_EARLIER_SPLIT,
  /** No usable training row has this label (or one of these), or the model does not know it. */
  UNSEEN_LABEL;

  /** The reason as the {@code reason} column has it, as in {@code blank_text}. */
  public String code() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The reason in words, as in {@code blank text}. */
  public String words() {
    return code().replace('_', ' ');
  }
}
