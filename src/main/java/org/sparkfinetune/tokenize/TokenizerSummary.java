package org.sparkfinetune.tokenize;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;

/**
 * What a {@code tokenizer.json} says of itself, without the native tokenizer.
 *
 * @param model how words are cut into tokens: {@code WordPiece}, {@code BPE}, {@code Unigram} or
 *     {@code WordLevel}
 * @param byteLevel whether it works on the bytes of UTF-8 and not on characters
 * @param vocabSize the largest token id plus one
 * @param lowerCases whether texts are lower-cased
 * @param unknownToken the id of the token that stands for what it has none for; empty where there
 *     is none, as in one that works on bytes
 * @param specialTokens the ids of the tokens that stand for no text, in the order of the file
 */
public record TokenizerSummary(
    String model,
    boolean byteLevel,
    int vocabSize,
    boolean lowerCases,
    OptionalInt unknownToken,
    Map<String, Integer> specialTokens) {
  private static final Set<String> MASKS = Set.of("[MASK]", "<mask>");

  /**
   * Reads the text of a {@code tokenizer.json}.
   *
   * @throws org.sparkfinetune.UserException when it is no tokenizer
   */
  public static TokenizerSummary of(String tokenizerJson) {
    JsonNode root = TokenizerJson.read(tokenizerJson);
    JsonNode normalizer = root.path("normalizer");
    boolean lowerCases =
        normalizer.findValuesAsText("type").contains("Lowercase")
            || normalizer.findValues("lowercase").stream().anyMatch(JsonNode::asBoolean);
    Map<String, Integer> special = new LinkedHashMap<>();
    for (JsonNode token : root.path("added_tokens")) {
      if (token.path("special").asBoolean()) {
        special.put(token.path("content").asText(), token.path("id").asInt());
      }
    }
    return new TokenizerSummary(
        root.path("model").path("type").asText("WordPiece"),
        root.path("pre_tokenizer").findValuesAsText("type").contains("ByteLevel"),
        TokenizerJson.vocabSize(root),
        lowerCases,
        unknownToken(root.path("model")),
        Collections.unmodifiableMap(special));
  }

  /**
   * The id of the token that masks, {@code [MASK]} or {@code <mask>}; empty where there is none.
   */
  public OptionalInt maskToken() {
    return mask().stream().mapToInt(specialTokens::get).findFirst();
  }

  /** The text of the token that masks; empty where there is none. */
  public Optional<String> mask() {
    return specialTokens.keySet().stream().filter(MASKS::contains).findFirst();
  }

  /** Unigram has it by its id, the others by its text. */
  private static OptionalInt unknownToken(JsonNode model) {
    JsonNode id =
        model.path("vocab").isArray()
            ? model.path("unk_id")
            : model.path("vocab").path(model.path("unk_token").asText());
    return id.isInt() ? OptionalInt.of(id.intValue()) : OptionalInt.empty();
  }
}
