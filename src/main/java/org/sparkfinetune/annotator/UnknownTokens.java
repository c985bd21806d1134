package org.sparkfinetune.annotator;

import java.util.Locale;
import java.util.Optional;

/**
 * Whether a tokenizer knows the texts that it is given.
 *
 * @param unknown tokens that stand for what it has none for
 * @param tokens all tokens, special ones included
 */
record UnknownTokens(long unknown, long tokens) {
  /**
   * One token in twenty. A tokenizer on texts of its own kind is far below: of English prose BERT's
   * knows all but some emoji and rare characters (0 to 1 %). On another language, or read by the
   * rules of another class, it is mostly far above (20 to 100 %).
   */
  private static final double HIGH = 0.05;

  /** The share of them. */
  double share() {
    return tokens == 0 ? 0 : unknown / (double) tokens;
  }

  /** What to tell who trains; empty when the share is low. */
  Optional<String> warning() {
    return warning("of which a model learns nothing", "base");
  }

  /** What to tell who predicts; empty when the share is low. */
  Optional<String> predictionWarning() {
    return warning("which tell the model nothing", "model");
  }

  private Optional<String> warning(String consequence, String what) {
    if (share() <= HIGH) {
      return Optional.empty();
    }
    return Optional.of(
        String.format(
            Locale.ROOT,
            "the tokenizer does not know %.1f %% of the texts' tokens (%,d of %,d are its unknown"
                + " token), %s; below %.0f %% is usual. Is it the %s for texts of this language and"
                + " writing, and are the %6$s's tokenizer files its own, with the right letter case"
                + " (do_lower_case) and tokenizer_class?",
            100 * share(),
            unknown,
            tokens,
            consequence,
            100 * HIGH,
            what));
  }
}
