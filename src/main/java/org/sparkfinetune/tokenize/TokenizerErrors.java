package org.sparkfinetune.tokenize;

import org.sparkfinetune.UserException;
import org.sparkfinetune.text.OneLine;

/** What is said of a {@code tokenizer.json} that cannot be used. */
final class TokenizerErrors {
  /** Characters of another's reason that a message has. */
  private static final int MAX_REASON = 200;

  private TokenizerErrors() {}

  static UserException notATokenizer(String reason, Throwable cause) {
    return new UserException(
        "The tokenizer cannot be read: "
            + reason
            + ". Expected the text of a Hugging Face tokenizer.json, as"
            + " tokenizer.save_pretrained writes it.",
        cause);
  }

  /** Another's reason in a line, cut where it is long. */
  static String reason(String text) {
    return shown(text, MAX_REASON);
  }

  /** A text in a line, cut where it is long. */
  static String shown(String text, int most) {
    return OneLine.of(text.length() > most ? text.substring(0, most) + "..." : text);
  }
}
