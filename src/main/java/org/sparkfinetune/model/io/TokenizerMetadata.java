package org.sparkfinetune.model.io;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import org.sparkfinetune.UserException;
import org.sparkfinetune.text.OneLine;
import org.sparkfinetune.tokenize.AddedToken;
import org.sparkfinetune.tokenize.TokenizerClass;
import org.sparkfinetune.tokenize.TokenizerClass.Kind;
import org.sparkfinetune.tokenize.TokenizerSettings;
import org.sparkfinetune.tokenize.TokenizerSettings.Normalization;
import org.sparkfinetune.tokenize.TokenizerSettings.Role;

/**
 * What {@code tokenizer_config.json}, {@code special_tokens_map.json} and {@code added_tokens.json}
 * say of the tokenizer beside them, read as transformers reads them.
 *
 * @param config the first of them; this and the next two are empty when there is no such file
 * @param specialTokens the second, which counts only where the first does not list added tokens
 * @param addedTokens the third, likewise
 * @param model {@code config.json}, which decides the class where the first does not; empty when
 *     there is none, and then transformers would not load the folder
 * @param folder of all of them, for messages
 */
record TokenizerMetadata(
    ObjectNode config,
    ObjectNode specialTokens,
    ObjectNode addedTokens,
    Optional<ObjectNode> model,
    String folder) {
  /** What makes a tokenizer of any class that has a fast one say all by its tokenizer.json. */
  static final String CURE =
      "Write once, in the folder, what transformers makes of it: python -c \"from transformers"
          + " import AutoTokenizer as A, PreTrainedTokenizerFast as F; t = A.from_pretrained('.');"
          + " F(tokenizer_object=t.backend_tokenizer, add_prefix_space=t.add_prefix_space,"
          + " truncation_side=t.truncation_side, model_input_names=t.model_input_names,"
          + " **t.special_tokens_map).save_pretrained('.')\"";

  /** Where more is a number that stands for none. */
  private static final int LONGEST = 1 << 24;

  /** The name of the class that transformers takes, and the file that gives it; null for none. */
  private record Named(String name, String file) {}

  private Named named() {
    for (ObjectNode source : model.map(m -> List.of(config, m)).orElse(List.of(config))) {
      JsonNode name = source.path(TokenizerKeys.CLASS);
      if (name.isTextual()) {
        return new Named(
            name.textValue(),
            source == config ? TokenizerFiles.TOKENIZER_CONFIG : HuggingFaceFolder.CONFIG);
      }
    }
    return null;
  }

  /** Whether nothing but the family of the model names the class. */
  boolean isByFamily() {
    return named() == null;
  }

  /**
   * The class of the tokenizer; empty when nothing names one.
   *
   * @throws UserException when it is none that is known
   */
  Optional<TokenizerClass> type() {
    Named named = named();
    if (named == null) {
      return model.flatMap(m -> TokenizerClass.ofModelType(m.path("model_type").asText()));
    }
    return Optional.of(
        TokenizerClass.named(named.name())
            .orElseThrow(
                () ->
                    unsupported(
                        "is not one whose tokenizer.json says all that it does to a text")));
  }

  /** The error that the class does not fit; only when something names it or the family does. */
  UserException unsupported(String why) {
    Named named = named();
    String what =
        named == null
            ? HuggingFaceFolder.CONFIG
                + ": model_type="
                + model.map(m -> m.path("model_type").asText()).orElse("")
                + ", whose tokenizer"
            : named.file() + ": " + TokenizerKeys.CLASS + "=" + named.name();
    return new UserException(
        folder
            + "/"
            + OneLine.of(what)
            + " "
            + why
            + (named == null ? "; name its tokenizer_class in tokenizer_config.json. " : ". ")
            + CURE
            + ". A class that is Python alone, as KoBertTokenizer or BertJapaneseTokenizer, cannot:"
            + " take a model that has a tokenizer.json.");
  }

  /**
   * The settings of a tokenizer.
   *
   * @throws UserException for a value that has no meaning
   */
  TokenizerSettings settings(TokenizerClass type) {
    Map<Integer, AddedToken> listed = listed();
    boolean listsAll = config.has(TokenizerKeys.DECODER);
    Map<String, Optional<Role>> roles = new LinkedHashMap<>();
    for (String role : TokenizerClass.ROLES) {
      boolean fromMap = !listsAll && specialTokens.has(role);
      JsonNode value = (fromMap ? specialTokens : config).path(role);
      if (!value.isMissingNode()) {
        roles.put(role, role(role, value, fromMap, listed));
      }
    }
    List<Role> additional = additional(listsAll);
    TreeMap<Integer, AddedToken> added = new TreeMap<>(listed);
    if (!listsAll) {
      added.putAll(legacy(roles, additional));
    }
    JsonNode names = config.path(TokenizerKeys.INPUT_NAMES);
    boolean llama = type.kind() == Kind.LLAMA;
    return new TokenizerSettings(
        type,
        new Normalization(
            bool(TokenizerKeys.LOWER_CASE).orElse(true),
            bool(TokenizerKeys.STRIP_ACCENTS),
            bool(TokenizerKeys.CHINESE).orElse(true)),
        prefixSpace(type),
        truncateLeft(),
        names.isArray() ? contains(names, "token_type_ids") : type.tokenTypes(),
        roles,
        additional,
        added,
        listsAll,
        llama && bool(TokenizerKeys.ADD_BOS).orElse(true),
        llama && bool(TokenizerKeys.ADD_EOS).orElse(false));
  }

  /** {@code model_max_length}; empty where it is not there or stands for none. */
  OptionalInt maxLength() {
    String key =
        config.has(TokenizerKeys.MAX_LENGTH)
            ? TokenizerKeys.MAX_LENGTH
            : TokenizerKeys.OLD_MAX_LENGTH;
    JsonNode value = config.path(key);
    if (value.isMissingNode() || value.isNull()) {
      return OptionalInt.empty();
    }
    if (!value.isNumber() || !(value.doubleValue() >= 1)) {
      throw expected(key, value, "a number of tokens, 1 or more");
    }
    return value.doubleValue() > LONGEST ? OptionalInt.empty() : OptionalInt.of(value.intValue());
  }

  /** Empty for null, which leaves the file's; where it is not there, transformers takes false. */
  private Optional<Boolean> prefixSpace(TokenizerClass type) {
    Optional<Boolean> given = bool(TokenizerKeys.PREFIX_SPACE);
    if (!type.name().equals("LlamaTokenizer")) {
      return config.has(TokenizerKeys.PREFIX_SPACE) || type().isEmpty()
          ? given
          : Optional.of(false);
    }
    if (given.isPresent()) {
      throw new UserException(
          file()
              + ": "
              + TokenizerKeys.PREFIX_SPACE
              + "="
              + given.get()
              + " is not supported with "
              + type.name()
              + ", which then reads its SentencePiece model and not tokenizer.json. "
              + CURE);
    }
    return given;
  }

  private Optional<Boolean> truncateLeft() {
    JsonNode side = config.path(TokenizerKeys.TRUNCATION_SIDE);
    if (side.isMissingNode()) {
      return Optional.empty();
    }
    if (!Set.of("left", "right").contains(side.asText())) {
      throw expected(TokenizerKeys.TRUNCATION_SIDE, side, "left or right");
    }
    return Optional.of(side.asText().equals("left"));
  }

  /** The tokens of {@code added_tokens_decoder}. */
  private Map<Integer, AddedToken> listed() {
    Map<Integer, AddedToken> tokens = new TreeMap<>();
    JsonNode decoder = config.path(TokenizerKeys.DECODER);
    if (!decoder.isMissingNode() && !decoder.isObject()) {
      throw expected(TokenizerKeys.DECODER, decoder, "the added tokens by their ids");
    }
    decoder
        .fields()
        .forEachRemaining(
            e ->
                tokens.put(addedId(e.getKey()), token(TokenizerKeys.DECODER, e.getValue(), false)));
    return tokens;
  }

  private int addedId(String key) {
    try {
      return Integer.parseUnsignedInt(key);
    } catch (NumberFormatException e) {
      throw new UserException(
          file()
              + ": added_tokens_decoder has the key '"
              + OneLine.of(TokenizerKeys.shortened(key))
              + "': expected the id of a token, a whole number",
          e);
    }
  }

  /** The tokens of {@code added_tokens.json}: special are those that are named so elsewhere. */
  private Map<Integer, AddedToken> legacy(
      Map<String, Optional<Role>> roles, List<Role> additional) {
    Set<String> special = new HashSet<>();
    roles.values().forEach(role -> role.map(Role::text).ifPresent(special::add));
    additional.forEach(role -> special.add(role.text()));
    Map<Integer, AddedToken> tokens = new TreeMap<>();
    addedTokens
        .fields()
        .forEachRemaining(
            e -> {
              if (!e.getValue().isInt() || e.getValue().intValue() < 0) {
                throw new UserException(
                    folder
                        + "/"
                        + TokenizerFiles.ADDED_TOKENS
                        + ": "
                        + OneLine.of(TokenizerKeys.shortened(e.getKey() + "=" + e.getValue()))
                        + ": expected the id of the token, a whole number");
              }
              boolean isSpecial = special.contains(e.getKey());
              tokens.put(
                  e.getValue().intValue(),
                  new AddedToken(
                      e.getKey(), false, false, false, Optional.of(!isSpecial), isSpecial));
            });
    return tokens;
  }

  private Optional<Role> role(
      String key, JsonNode value, boolean special, Map<Integer, AddedToken> listed) {
    if (value.isNull()) {
      return Optional.empty();
    }
    if (value.isObject()) {
      AddedToken token = token(key, value, special);
      return Optional.of(new Role(token.content(), Optional.of(token)));
    }
    if (!value.isTextual()) {
      throw expected(key, value, "the text of a token");
    }
    String text = value.textValue();
    return Optional.of(
        new Role(text, listed.values().stream().filter(t -> t.content().equals(text)).findFirst()));
  }

  /** Special tokens without a role, of both files that may name some. */
  private List<Role> additional(boolean listsAll) {
    List<Role> tokens = new ArrayList<>();
    for (JsonNode list :
        Arrays.asList(
            config.path(TokenizerKeys.ADDITIONAL),
            (listsAll ? config : specialTokens).path(TokenizerKeys.ADDITIONAL),
            config.path(TokenizerKeys.EXTRA))) {
      for (JsonNode value : list) {
        role(TokenizerKeys.ADDITIONAL, value, true, Map.of()).ifPresent(tokens::add);
      }
    }
    return tokens;
  }

  /** A token as an object: its content and how it is found. */
  private AddedToken token(String key, JsonNode value, boolean special) {
    boolean whole = value.path("content").isTextual();
    for (String flag : List.of("single_word", "lstrip", "rstrip", "normalized", "special")) {
      whole &= !value.has(flag) || value.path(flag).isBoolean();
    }
    if (!whole) {
      throw expected(
          key, value, "a token with its content as text, and true or false for the rest");
    }
    return AddedToken.of(special ? ((ObjectNode) value.deepCopy()).put("special", true) : value);
  }

  /** A setting that is true or false; empty when it is null or not there. */
  private Optional<Boolean> bool(String key) {
    JsonNode value = config.path(key);
    if (value.isMissingNode() || value.isNull() && !key.equals(TokenizerKeys.LOWER_CASE)) {
      return Optional.empty();
    }
    if (!value.isBoolean()) {
      throw expected(key, value, "true or false");
    }
    return Optional.of(value.booleanValue());
  }

  private UserException expected(String key, JsonNode value, String expected) {
    return new UserException(
        file()
            + ": "
            + key
            + "="
            + OneLine.of(TokenizerKeys.shortened(value.toString()))
            + " is not allowed: expected "
            + expected);
  }

  /** The configuration's file, for messages. */
  String file() {
    return folder + "/" + TokenizerFiles.TOKENIZER_CONFIG;
  }

  private static boolean contains(JsonNode list, String text) {
    for (JsonNode value : list) {
      if (value.asText().equals(text)) {
        return true;
      }
    }
    return false;
  }
}
