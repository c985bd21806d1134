package org.sparkfinetune.text;

/** Text from outside, as labels, rows and messages are, on its way to a terminal or a log. */
public final class OneLine {
  private OneLine() {}

  /** The text without line breaks, escape sequences and marks that turn the writing direction. */
  public static String of(String text) {
    StringBuilder out = new StringBuilder(text.length());
    text.codePoints()
        .forEach(
            c -> {
              if (Character.isWhitespace(c) || c == 0x85) {
                out.append(' ');
              } else {
                out.appendCodePoint(isControl(c) ? '\uFFFD' : c);
              }
            });
    return out.toString();
  }

  /**
   * The same, bounded: of a longer text the beginning and the end stay, where messages have what is
   * wrong and what to do, and how much is left out between them is said.
   *
   * @param most characters that stay, about
   */
  public static String of(String text, int most) {
    return of(cut(text, most));
  }

  /** A text without its middle, where it is longer than so many characters; else itself. */
  public static String cut(String text, int most) {
    if (text.length() <= most) {
      return text;
    }
    int head = most - most / 3;
    int tail = text.length() - most / 3;
    // No half of a pair of surrogates.
    head -= Character.isHighSurrogate(text.charAt(head - 1)) ? 1 : 0;
    tail += Character.isLowSurrogate(text.charAt(tail)) ? 1 : 0;
    return text.substring(0, head)
        + " ... ("
        + (tail - head)
        + " characters left out) ... "
        + text.substring(tail);
  }

  private static boolean isControl(int c) {
    return Character.getType(c) == Character.CONTROL
        || Character.getType(c) == Character.SURROGATE
        || c == 0x061C
        || c == 0x200E
        || c == 0x200F
        || c >= 0x202A && c <= 0x202E
        || c >= 0x2066 && c <= 0x2069
        || c >= 0xE0000 && c <= 0xE007F;
  }
}
