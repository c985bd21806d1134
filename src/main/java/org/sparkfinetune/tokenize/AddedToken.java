package org.sparkfinetune.tokenize;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Optional;

/**
 * A token that is looked for in a text before the model cuts it: an entry of {@code added_tokens},
 * with Hugging Face's names.
 *
 * @param content its text
 * @param singleWord whether it counts between word boundaries alone
 * @param lstrip whether white space before it is part of it
 * @param rstrip whether white space after it is part of it
 * @param normalized whether it is looked for in the text after that is normalized, as lower-cased;
 *     empty for what is usual: special tokens are not
 * @param special whether it stands for no text
 */
public record AddedToken(
    String content,
    boolean singleWord,
    boolean lstrip,
    boolean rstrip,
    Optional<Boolean> normalized,
    boolean special) {
  /** A special token by its text alone: found as it is, in the text as it is. */
  public static AddedToken special(String content) {
    return new AddedToken(content, false, false, false, Optional.of(false), true);
  }

  /** Reads an entry; what is missing is as in Hugging Face's class of this name. */
  public static AddedToken of(JsonNode entry) {
    JsonNode normalized = entry.path("normalized");
    return new AddedToken(
        entry.path("content").asText(),
        entry.path("single_word").asBoolean(false),
        entry.path("lstrip").asBoolean(false),
        entry.path("rstrip").asBoolean(false),
        normalized.isBoolean() ? Optional.of(normalized.booleanValue()) : Optional.empty(),
        entry.path("special").asBoolean(false));
  }

  AddedToken asSpecial() {
    return new AddedToken(content, singleWord, lstrip, rstrip, normalized, true);
  }

  /** The same with what is usual in it, so that it stays so when it becomes special. */
  AddedToken resolved() {
    Optional<Boolean> settled = Optional.of(normalized.orElse(!special));
    return new AddedToken(content, singleWord, lstrip, rstrip, settled, special);
  }

  void write(int id, ObjectNode entry) {
    entry
        .put("id", id)
        .put("content", content)
        .put("single_word", singleWord)
        .put("lstrip", lstrip)
        .put("rstrip", rstrip)
        .put("normalized", normalized.orElse(!special))
        .put("special", special);
  }
}
