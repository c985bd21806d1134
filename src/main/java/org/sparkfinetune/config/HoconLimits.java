package org.sparkfinetune.config;

import org.sparkfinetune.UserException;

/**
 * Limits on the size of a HOCON text. The library uses several levels of Java's stack for each
 * level of the text and for each part of a key, and time that grows with the square of a value's
 * pieces; references to references can use up all memory. No configuration needs more than a few of
 * each.
 */
public final class HoconLimits {
  /** Brackets in brackets, and files in files. */
  static final int DEEPEST = 50;

  /** Of a key, and of a reference. Values without quotes count as well: they may have dots too. */
  private static final int MOST_PARTS = 200;

  /** Words of a value without quotes, and what else is put together to one. */
  private static final int MOST_PIECES = 1000;

  /** {@code ${key}} and {@code key +=} in a file. */
  private static final int MOST_REFERENCES = 500;

  private final String place;
  private final String text;
  private int at;
  private int line = 1;

  private HoconLimits(String place, String text) {
    this.place = place;
    this.text = text;
  }

  /**
   * Looks at a text before it is parsed.
   *
   * @param place for messages
   * @throws UserException when it is nested too deep; the message names the line
   */
  static void check(String place, String text) {
    new HoconLimits(place, text).check();
  }

  /** The same where parsing has shown it. */
  static UserException tooDeep(String place, Throwable cause) {
    return new UserException(
        place + ": it is nested too deep: expected at most " + DEEPEST + " levels", cause);
  }

  /**
   * Looks at a key of an argument.
   *
   * @throws UserException when no setting has one like it
   */
  public static void checkKey(String key) {
    long parts = key.chars().filter(c -> c == '.').count() + 1;
    if (parts > DEEPEST) {
      throw new UserException(
          "the key " + key + " has " + parts + " parts: expected at most " + DEEPEST);
    }
  }

  private void check() {
    int depth = 0;
    int parts = 1;
    int pieces = 0;
    int references = 0;
    for (at = 0; at < text.length(); at++) {
      char c = text.charAt(at);
      switch (c) {
        case '"' -> {
          skipQuoted();
          pieces++;
        }
        case '{', '[' -> depth++;
        case '}', ']' -> depth--;
        case '.' -> parts++;
        case ' ', '\t' -> pieces++;
        case '\n' -> line++;
        case '$' -> references++;
        default -> {
          if (c == '#' || text.startsWith("//", at)) {
            skipComment();
          } else if (text.startsWith("+=", at)) {
            references++;
          }
        }
      }
      // What is put together with a bracket is one value still.
      if (c == '\n' || c == ',') {
        pieces = 0;
      }
      if ("\n,=:{}[]".indexOf(c) >= 0) {
        parts = 1;
      }
      check(depth, DEEPEST, "is nested in so many levels");
      check(parts, MOST_PARTS, "has a key, or a value without quotes, of so many parts");
      check(pieces, MOST_PIECES, "has a value that is put together of so many pieces");
      check(references, MOST_REFERENCES, "has so many references");
    }
  }

  private void check(int count, int most, String what) {
    if (count > most) {
      throw new UserException(
          place + ": " + line + ": this " + what + ": expected at most " + most);
    }
  }

  /** To the quote that ends it; one that ends at no place is for the parser to complain of. */
  private void skipQuoted() {
    boolean triple = text.startsWith("\"\"\"", at);
    int end = at + (triple ? 3 : 1);
    while (end < text.length()) {
      char c = text.charAt(end);
      if (triple ? text.startsWith("\"\"\"", end) : c == '"' || c == '\n') {
        break;
      }
      line += c == '\n' ? 1 : 0;
      end += c == '\\' && !triple ? 2 : 1;
    }
    // A line's end is counted by who finds it.
    boolean broken = !triple && end < text.length() && text.charAt(end) == '\n';
    at = triple ? end + 2 : broken ? end - 1 : end;
  }

  private void skipComment() {
    int end = text.indexOf('\n', at);
    at = end < 0 ? text.length() : end - 1;
  }
}
