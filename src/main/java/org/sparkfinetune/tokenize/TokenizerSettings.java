package org.sparkfinetune.tokenize;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What lies beside a tokenizer's vocabulary and counts: what transformers reads from {@code
 * tokenizer_config.json}, {@code special_tokens_map.json} and {@code added_tokens.json}.
 *
 * @param type the class
 * @param normalization how texts are normalized, where the class puts that over the file's
 * @param addPrefixSpace whether the first word is one like any other, which has a space before it;
 *     empty leaves it as it is in the file
 * @param truncateLeft whether truncation cuts off the start of a text; empty leaves it
 * @param tokenTypes whether the second text of a pair has tokens of type 1
 * @param roles special tokens by role, as {@code cls_token}; a role that is mapped to empty has
 *     none, for one that is missing the class has a default
 * @param additionalSpecial further special tokens
 * @param added tokens beyond the vocabulary, by the ids that the files give them
 * @param listsAll whether these are all of them, as in {@code added_tokens_decoder}, so that what
 *     else is known of a token does not count
 * @param addBos whether a text starts with {@code bos_token}, for classes that ask
 * @param addEos whether it ends with {@code eos_token}
 */
public record TokenizerSettings(
    TokenizerClass type,
    Normalization normalization,
    Optional<Boolean> addPrefixSpace,
    Optional<Boolean> truncateLeft,
    boolean tokenTypes,
    Map<String, Optional<Role>> roles,
    List<Role> additionalSpecial,
    SortedMap<Integer, AddedToken> added,
    boolean listsAll,
    boolean addBos,
    boolean addEos) {
  /**
   * BERT's normalization, as {@code tokenizer_config.json} has it.
   *
   * @param lowerCase {@code do_lower_case}; Hugging Face's default is true
   * @param stripAccents {@code strip_accents}; empty (null in the file, the default) strips them
   *     when lower-casing
   * @param chineseChars {@code tokenize_chinese_chars}: whether each Chinese character is a word;
   *     Hugging Face's default is true
   */
  public record Normalization(
      boolean lowerCase, Optional<Boolean> stripAccents, boolean chineseChars) {}

  /**
   * A special token that a file names.
   *
   * @param text its text
   * @param token how it is found in a text, where a file says that too
   */
  public record Role(String text, Optional<AddedToken> token) {}

  /** The settings of a class that no file says anything to. */
  public static TokenizerSettings of(TokenizerClass type) {
    return new TokenizerSettings(
        type,
        new Normalization(true, Optional.empty(), true),
        Optional.empty(),
        Optional.empty(),
        true,
        Map.of(),
        List.of(),
        new TreeMap<>(),
        false,
        false,
        false);
  }

  /** These with another normalization. */
  public TokenizerSettings with(Normalization other) {
    return new TokenizerSettings(
        type,
        other,
        addPrefixSpace,
        truncateLeft,
        tokenTypes,
        roles,
        additionalSpecial,
        added,
        listsAll,
        addBos,
        addEos);
  }

  /** The text of a role's token; empty where there is none. */
  public Optional<String> text(String role) {
    return roles.containsKey(role)
        ? roles.get(role).map(Role::text)
        : Optional.ofNullable(type.roles().get(role));
  }

  /** The id of a token: the vocabulary's, else the one that a file of added tokens gives it. */
  Optional<Integer> id(String text, Map<String, Integer> vocabulary) {
    return vocabulary.containsKey(text)
        ? Optional.of(vocabulary.get(text))
        : added.entrySet().stream()
            .filter(e -> e.getValue().content().equals(text))
            .map(Map.Entry::getKey)
            .findFirst();
  }

  /** Whether a file names the token of a role, or says that there is none. */
  boolean names(String role) {
    return roles.containsKey(role);
  }

  /** The further special tokens by their texts, those of the class last. */
  Map<String, Optional<AddedToken>> additionalTokens() {
    Map<String, Optional<AddedToken>> tokens = new LinkedHashMap<>();
    additionalSpecial.forEach(role -> tokens.putIfAbsent(role.text(), role.token()));
    type.additionalSpecialTokens().forEach(text -> tokens.putIfAbsent(text, Optional.empty()));
    return tokens;
  }

  /** The special token of a role; empty where it is a text that may be an added token already. */
  Optional<AddedToken> token(String role, boolean fromVocabulary) {
    Optional<AddedToken> given = roles.getOrDefault(role, Optional.empty()).flatMap(Role::token);
    return given.isPresent() || text(role).isEmpty()
        // What the slow class has copied is settled.
        ? given.map(token -> fromVocabulary ? token.resolved() : token)
        : type.token(role, text(role).get(), fromVocabulary);
  }
}
