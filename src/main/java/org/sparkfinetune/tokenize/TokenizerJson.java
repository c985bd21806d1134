package org.sparkfinetune.tokenize;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.cfg.JsonNodeFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;

/**
 * A {@code tokenizer.json}, checked before native code reads it: that ends the JVM on some values,
 * where a user is to be told which it was.
 *
 * @param padTokenId the id that fills unused places
 * @param vocabSize the largest token id plus one
 * @param maxCharacters the most characters of a text that native code is given
 * @param root the file
 */
record TokenizerJson(int padTokenId, int vocabSize, int maxCharacters, ObjectNode root) {
  /** UTF-16 units. The largest files of public models have 33 million. */
  private static final int MAX_SIZE = 1 << 26;

  /** What takes memory: some 60 bytes each. Public files have 2 million. */
  private static final int MAX_VALUES = 6_000_000;

  private static final int MAX_DEPTH = 64;

  /** Numbers keep their digits: they are written again for native code. */
  private static final ObjectMapper JSON =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder().maxNestingDepth(MAX_DEPTH).build())
                  .build())
          .disable(JsonNodeFeature.STRIP_TRAILING_BIGDECIMAL_ZEROES)
          .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  /** The names that BERT's and RoBERTa's descendants give the pad token. */
  private static final List<String> PAD_TOKENS = List.of("[PAD]", "<pad>");

  /**
   * Reads and checks the text.
   *
   * @throws org.sparkfinetune.UserException when it is no tokenizer, or one that native code cannot
   *     run
   */
  static TokenizerJson parse(String text) {
    JsonNode tree = read(text);
    if (!(tree instanceof ObjectNode root)) {
      throw TokenizerErrors.notATokenizer("it is no JSON object", null);
    }
    nameModel(root);
    TokenizerParts parts = TokenizerParts.check(root);
    TokenizerTokens tokens = TokenizerTokens.check(root);
    return new TokenizerJson(padTokenId(root, tokens), tokens.size(), parts.maxCharacters(), root);
  }

  /**
   * Reads the text, without a look at more than that it has a vocabulary.
   *
   * @throws org.sparkfinetune.UserException when it is no tokenizer
   */
  static JsonNode read(String text) {
    requireSize(text);
    JsonNode root;
    try {
      root = JSON.readTree(text);
    } catch (JsonProcessingException e) {
      throw TokenizerErrors.notATokenizer(
          "it is not JSON: " + TokenizerErrors.reason(e.getOriginalMessage()), e);
    }
    if (!vocab(root).isObject() && !vocab(root).isArray()) {
      throw TokenizerErrors.notATokenizer("it has no model with a vocab", null);
    }
    return root;
  }

  private static void requireSize(String text) {
    if (text.length() > MAX_SIZE) {
      throw TokenizerErrors.notATokenizer(
          "it has %,d characters, and %,d are the most".formatted(text.length(), MAX_SIZE), null);
    }
    int values = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      values += c == ',' || c == '[' || c == '{' ? 1 : 0;
    }
    if (values > MAX_VALUES) {
      throw TokenizerErrors.notATokenizer(
          "it has some %,d values, and %,d are the most".formatted(values, MAX_VALUES), null);
    }
  }

  /** Files of before 2021 have none: native code would guess it, by the settings that are there. */
  private static void nameModel(ObjectNode root) {
    JsonNode model = root.path("model");
    if (!model.has("type")) {
      String type =
          vocab(root).isArray()
              ? "Unigram"
              : model.has("merges")
                  ? "BPE"
                  : model.has("continuing_subword_prefix") ? "WordPiece" : "WordLevel";
      ((ObjectNode) model).put("type", type);
    }
  }

  private static JsonNode vocab(JsonNode root) {
    return root.path("model").path("vocab");
  }

  /**
   * What native code is given: the file without what is not used, and with each key once, so that
   * nothing gets there that was not checked.
   */
  String forNative() {
    ObjectNode file = JSON.createObjectNode();
    file.setAll(root);
    JsonNode direction = root.path("truncation").path("direction");
    file.putNull("truncation").putNull("padding").putNull("decoder");
    if (direction.isTextual()) {
      // A length is set later; the side can't be.
      file.putObject("truncation")
          .put("direction", direction.textValue())
          .put("max_length", Integer.MAX_VALUE)
          .put("strategy", "LongestFirst")
          .put("stride", 0);
    }
    String text = file.toString();
    if (!Surrogates.replaceUnpaired(text).equals(text)) {
      throw TokenizerErrors.notATokenizer(
          "it has a half of a surrogate pair, which is no character", null);
    }
    return text;
  }

  /**
   * A tokenizer of one token without the added ones, which finds whether the normalizer leaves
   * anything of a text; null where there is no normalizer.
   */
  String normalizerForNative() {
    if (root.path("normalizer").isMissingNode() || root.path("normalizer").isNull()) {
      return null;
    }
    ObjectNode file = JSON.createObjectNode().put("version", "1.0");
    file.set("normalizer", root.get("normalizer"));
    ObjectNode model = file.putObject("model").put("type", "WordLevel").put("unk_token", "?");
    model.putObject("vocab").put("?", 0);
    return file.toString();
  }

  /** Whether a text that is too long loses its beginning. */
  boolean truncatesLeft() {
    return "Left".equals(root.path("truncation").path("direction").textValue());
  }

  /** The added tokens that are looked for in the normalized text. */
  List<String> normalizedTokens() {
    List<String> tokens = new ArrayList<>();
    for (JsonNode token : root.path("added_tokens")) {
      if (token.path("normalized").booleanValue() && !token.path("content").asText().isEmpty()) {
        tokens.add(token.path("content").textValue());
      }
    }
    return tokens;
  }

  /**
   * The pad token that the tokenizer names or one of the usual name; else 0, which is as good as
   * any: padding is masked by the rows' lengths, so its id is looked up and never used.
   */
  private static int padTokenId(JsonNode root, TokenizerTokens tokens) {
    JsonNode declared = root.path("padding").path("pad_id");
    if (declared.isInt()) {
      return declared.intValue();
    }
    return PAD_TOKENS.stream().map(tokens::id).flatMap(Optional::stream).findFirst().orElse(0);
  }

  /**
   * The largest token id plus one.
   *
   * @throws org.sparkfinetune.UserException when an id is none
   */
  static int vocabSize(JsonNode root) {
    JsonNode vocab = vocab(root);
    int size = vocab.isArray() ? vocab.size() : 0;
    if (vocab.isObject()) {
      for (Iterator<String> names = vocab.fieldNames(); names.hasNext(); ) {
        String token = names.next();
        size = Math.max(size, id("model.vocab." + token, vocab.get(token)) + 1);
      }
    }
    for (JsonNode added : root.path("added_tokens")) {
      size = Math.max(size, id("added_tokens.id", added.path("id")) + 1);
    }
    return size;
  }

  private static int id(String key, JsonNode id) {
    return new TokenizerValue(TokenizerValue.shown(key), id).number(0, TokenizerTokens.MAX_IDS - 1);
  }
}
