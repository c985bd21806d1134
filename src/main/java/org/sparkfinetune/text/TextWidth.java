package org.sparkfinetune.text;

/** Strings of any script in places of limited width. */
public final class TextWidth {
  private static final String ELLIPSIS = "…";

  private TextWidth() {}

  /**
   * The text in one line of at most so many columns, without control characters: where it is
   * longer, with its middle left out.
   */
  public static String shortened(String text, int columns) {
    String line = OneLine.of(text);
    if (width(line) <= columns) {
      return line;
    }
    int tail = (columns - 1) / 2;
    return head(line, columns - 1 - tail).stripTrailing()
        + ELLIPSIS
        + tail(line, tail).stripLeading();
  }

  /** How many columns of a terminal the text takes. */
  public static int width(String text) {
    return text.codePoints().map(TextWidth::width).sum();
  }

  private static int width(int c) {
    int type = Character.getType(c);
    if (type == Character.NON_SPACING_MARK
        || type == Character.ENCLOSING_MARK
        || type == Character.FORMAT) {
      return 0;
    }
    return isWide(c) ? 2 : 1;
  }

  /** Hangul, the scripts of Chinese and Japanese, their full-width forms, and pictures. */
  private static boolean isWide(int c) {
    return c >= 0x1100 && c <= 0x115F
        || c >= 0x2E80 && c <= 0xA4CF && c != 0x303F
        || c >= 0xAC00 && c <= 0xD7A3
        || c >= 0xF900 && c <= 0xFAFF
        || c >= 0xFE30 && c <= 0xFE6F
        || c >= 0xFF00 && c <= 0xFF60
        || c >= 0xFFE0 && c <= 0xFFE6
        || c >= 0x1F300 && c <= 0x1F64F
        || c >= 0x1F680 && c <= 0x1F6FF
        || c >= 0x1F900 && c <= 0x1F9FF
        || c >= 0x20000 && c <= 0x3FFFD;
  }

  private static String head(String text, int columns) {
    int used = 0;
    int end = 0;
    while (end < text.length()) {
      int c = text.codePointAt(end);
      used += width(c);
      if (used > columns) {
        break;
      }
      end += Character.charCount(c);
    }
    return text.substring(0, end);
  }

  private static String tail(String text, int columns) {
    int used = 0;
    int begin = text.length();
    while (begin > 0) {
      int c = text.codePointBefore(begin);
      used += width(c);
      if (used > columns) {
        break;
      }
      begin -= Character.charCount(c);
    }
    // Marks of a letter that was cut off belong to nothing.
    while (begin < text.length() && width(text.codePointAt(begin)) == 0) {
      begin += Character.charCount(text.codePointAt(begin));
    }
    return text.substring(begin);
  }
}
