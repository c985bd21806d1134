package io.sparkfinetune.config;

/** Text from outside, as labels and rows are, on its way to a terminal. */
public final class OneLine {
  private OneLine() {}

  /** The text without line breaks, escape sequences and marks that turn the writing direction. */
  public static String of(String text) {
    StringBuilder out = new StringBuilder();
    text.codePoints()
        .forEach(
            c -> {
              if (Character.isWhitespace(c)) {
                out.append(' ');
              } else {
                out.appendCodePoint(isControl(c) ? '\uFFFD' : c);
              }
            });
    return out.toString();
  }

  private static boolean isControl(int c) {
    return Character.getType(c) == Character.CONTROL
        || Character.getType(c) == Character.SURROGATE
        || c >= 0x202A && c <= 0x202E
        || c >= 0x2066 && c <= 0x2069;
  }
}
