package io.sparkfinetune.annotator;

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

  /** What to tell the user; empty when the share is low. */
  Optional<String> warning() {
    if (share() <= HIGH) {
      return Optional.empty();
    }
    return Optional.of(
        String.format(
            Locale.ROOT,
            "the tokenizer does not know %.1f %% of the texts' tokens (%,d of %,d are its unknown"
                + " token), of which a model learns nothing; below %.0f %% is usual. Is it the base"
                + " for texts of this language and writing, and are the base's tokenizer files its"
                + " own, with the right letter case (do_lower_case) and tokenizer_class?",
            100 * share(),
            unknown,
            tokens,
            100 * HIGH));
  }
}
