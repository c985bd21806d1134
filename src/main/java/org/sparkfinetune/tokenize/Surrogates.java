package org.sparkfinetune.tokenize;

/** Halves of characters beyond U+FFFF. */
final class Surrogates {
  private Surrogates() {}

  /**
   * The text with U+FFFD for each unpaired surrogate. Given one, the library would lose every
   * character beyond U+FFFF of that text (all emoji), not only the faulty one.
   */
  static String replaceUnpaired(String text) {
    StringBuilder repaired = null;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (!Character.isSurrogate(c)) {
        continue;
      }
      if (Character.isHighSurrogate(c)
          && i + 1 < text.length()
          && Character.isLowSurrogate(text.charAt(i + 1))) {
        i++;
        continue;
      }
      if (repaired == null) {
        repaired = new StringBuilder(text);
      }
      repaired.setCharAt(i, '\uFFFD');
    }
    return repaired == null ? text : repaired.toString();
  }
}
