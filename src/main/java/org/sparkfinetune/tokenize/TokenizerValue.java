package org.sparkfinetune.tokenize;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import org.sparkfinetune.UserException;

/**
 * A value of a {@code tokenizer.json} and its key, to check and to name.
 *
 * @param key its path in the file, as {@code model.unk_token}
 * @param node what stands there; missing where nothing does
 */
record TokenizerValue(String key, JsonNode node) {
  /** Bytes of UTF-8. Public models have tokens of up to some hundred. */
  static final int MAX_TOKEN_LENGTH = 10_000;

  /** Characters of a value that a message shows. */
  private static final int SHOWN = 60;

  TokenizerValue child(String name) {
    return new TokenizerValue(key.isEmpty() ? name : key + "." + name, node.path(name));
  }

  TokenizerValue child(int index) {
    return new TokenizerValue(key + "[" + index + "]", node.path(index));
  }

  boolean isAbsent() {
    return node.isMissingNode() || node.isNull();
  }

  String text() {
    require(node.isTextual(), "a text belongs");
    return node.textValue();
  }

  /** A token, or a part of one. */
  String token() {
    String token = text();
    requireLength(token, MAX_TOKEN_LENGTH);
    return token;
  }

  /** Checks the length of a token that stands here. */
  void requireLength(String token, int most) {
    int length = token.length() * 3 > most ? token.getBytes(StandardCharsets.UTF_8).length : 0;
    if (length > most) {
      throw TokenizerErrors.notATokenizer(
          "%s has a token of %,d bytes, and %,d are the most (%s)"
              .formatted(key, length, most, shown(token)),
          null);
    }
  }

  boolean flag() {
    require(node.isBoolean(), "true or false belongs");
    return node.booleanValue();
  }

  /** A whole number within the bounds, both included. */
  int number(int least, int most) {
    boolean whole = node.isInt() && node.intValue() >= least && node.intValue() <= most;
    require(whole, "a whole number from " + least + " to " + most + " belongs");
    return node.intValue();
  }

  void require(boolean holds, String expected) {
    if (!holds) {
      throw wrong(expected);
    }
  }

  UserException wrong(String expected) {
    String what = node.isMissingNode() ? "is missing" : "is " + shown();
    return TokenizerErrors.notATokenizer(key + " " + what + ", where " + expected, null);
  }

  String shown() {
    return shown(node.toString());
  }

  /** The text in a line, cut where it is long. */
  static String shown(String text) {
    return TokenizerErrors.shown(text, SHOWN);
  }
}
