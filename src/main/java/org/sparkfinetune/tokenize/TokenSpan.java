package org.sparkfinetune.tokenize;

/**
 * Where a token stands in its text.
 *
 * @param begin its first character, as Java counts them
 * @param end behind its last one; a token that stands for white space alone may have none
 * @param sequence 0 for the first text, 1 for the second one of a pair; -1 for a token that stands
 *     in neither, as {@code [CLS]}
 */
public record TokenSpan(int begin, int end, int sequence) {
  /** Of a token that the tokenizer adds. */
  public static final TokenSpan SPECIAL = new TokenSpan(0, 0, -1);

  /** Whether the tokenizer has added the token. */
  public boolean isSpecial() {
    return sequence < 0;
  }

  /**
   * Of places that count characters as Unicode does, in a part of a text.
   *
   * @param start of the part in its text
   */
  static TokenSpan ofCodePoints(int begin, int end, int sequence, String part, int start) {
    int from = part.offsetByCodePoints(0, begin);
    return new TokenSpan(
        start + from, start + part.offsetByCodePoints(from, end - begin), sequence);
  }
}
