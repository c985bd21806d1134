package org.sparkfinetune.tokenize;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * The parts of a {@code tokenizer.json} by their kinds: which there are, and what settings each
 * has. Native code aborts the JVM on some values, and reads over a setting that it does not know;
 * both are refused here.
 *
 * <p>It also counts what a text may grow to on its way through the normalizers, and what patterns
 * cost, so that the length of texts can be bounded ({@link #maxCharacters}).
 */
final class TokenizerParts {
  /** Normalizers, or pre-tokenizers, of one file. Public models have a handful. */
  private static final int MAX_PARTS = 32;

  /** How many times as long a text may become. Public models' replacements are of one character. */
  private static final int MAX_GROWTH = 64;

  /**
   * A word of more characters is one unknown token; what a shorter one costs grows by the square.
   */
  private static final int MAX_WORD = 1_000;

  private static final int MAX_AFFIX = 64;

  private static final List<String> BEHAVIORS =
      List.of("Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous");

  /** What a setting must be. */
  @FunctionalInterface
  private interface Rule {
    void check(TokenizerParts parts, TokenizerValue value);
  }

  /**
   * A setting of a part.
   *
   * @param optional whether it may be missing or null
   */
  private record Setting(Rule rule, boolean optional) {}

  private static final Rule FLAG = (parts, value) -> value.flag();
  private static final Rule TEXT = (parts, value) -> value.token();
  private static final Rule CHARACTER =
      (parts, value) -> {
        String text = value.text();
        value.require(text.codePointCount(0, text.length()) == 1, "one character belongs");
      };
  private static final Rule AFFIX =
      (parts, value) ->
          value.require(
              value.text().length() <= MAX_AFFIX, "at most " + MAX_AFFIX + " characters belong");

  /** Sampling makes other tokens of the same text each time. */
  private static final Rule NO_SAMPLING =
      (parts, value) -> {
        throw value.wrong("null belongs: the same text is to have the same tokens each time");
      };

  /** What is checked by {@link TokenizerTokens}, with the ids in hand. */
  private static final Rule TOKENS = (parts, value) -> {};

  private static final Map<String, Map<String, Setting>> NORMALIZERS =
      Map.ofEntries(
          Map.entry(
              "BertNormalizer",
              Map.of(
                  "clean_text", required(FLAG),
                  "handle_chinese_chars", required(FLAG),
                  "strip_accents", optional(FLAG),
                  "lowercase", required(FLAG))),
          Map.entry("Strip", Map.of("strip_left", required(FLAG), "strip_right", required(FLAG))),
          Map.entry("StripAccents", Map.of()),
          Map.entry("NFC", Map.of()),
          Map.entry("NFD", Map.of()),
          Map.entry("NFKC", Map.of()),
          Map.entry("NFKD", Map.of()),
          Map.entry("Lowercase", Map.of()),
          Map.entry("Nmt", Map.of()),
          Map.entry("ByteLevel", Map.of()),
          Map.entry("Sequence", Map.of("normalizers", required(TokenizerParts::normalizers))),
          Map.entry(
              "Precompiled",
              Map.of("precompiled_charsmap", required(TokenizerParts::characterMap))),
          Map.entry(
              "Replace",
              Map.of(
                  "pattern",
                  required((parts, value) -> parts.pattern(value, true)),
                  "content",
                  required(TokenizerParts::inserted))),
          Map.entry("Prepend", Map.of("prepend", required(TokenizerParts::inserted))));

  private static final Map<String, Map<String, Setting>> PRE_TOKENIZERS =
      Map.ofEntries(
          Map.entry("BertPreTokenizer", Map.of()),
          Map.entry("Whitespace", Map.of()),
          Map.entry("WhitespaceSplit", Map.of()),
          Map.entry("UnicodeScripts", Map.of()),
          Map.entry("ByteLevel", byteLevel()),
          Map.entry("CharDelimiterSplit", Map.of("delimiter", required(CHARACTER))),
          Map.entry(
              "Metaspace",
              Map.of(
                  "replacement", required(CHARACTER),
                  "add_prefix_space", optional(FLAG),
                  "prepend_scheme", optional(oneOf(List.of("first", "never", "always"))),
                  "split", optional(FLAG),
                  "str_rep", optional(TEXT))),
          Map.entry("Sequence", Map.of("pretokenizers", required(TokenizerParts::preTokenizers))),
          Map.entry(
              "Split",
              Map.of(
                  "pattern", required((parts, value) -> parts.pattern(value, false)),
                  "behavior", required(oneOf(BEHAVIORS)),
                  "invert", required(FLAG))),
          Map.entry("Punctuation", Map.of("behavior", optional(oneOf(BEHAVIORS)))),
          Map.entry("Digits", Map.of("individual_digits", required(FLAG))),
          Map.entry(
              "FixedLength",
              Map.of("length", optional((parts, value) -> value.number(1, Integer.MAX_VALUE)))));

  private static final Map<String, Map<String, Setting>> POST_PROCESSORS =
      Map.of(
          "TemplateProcessing",
          Map.of(
              "single", required(TOKENS),
              "pair", required(TOKENS),
              "special_tokens", required(TOKENS)),
          "BertProcessing",
          Map.of("sep", required(TOKENS), "cls", required(TOKENS)),
          "RobertaProcessing",
          Map.of(
              "sep", required(TOKENS),
              "cls", required(TOKENS),
              "trim_offsets", required(FLAG),
              "add_prefix_space", required(FLAG)),
          "ByteLevel",
          byteLevel(),
          "Sequence",
          Map.of("processors", required(TokenizerParts::postProcessors)));

  private static final Map<String, Map<String, Setting>> MODELS =
      Map.of(
          "WordPiece",
          Map.of(
              "vocab", required(TOKENS),
              "unk_token", required(TEXT),
              "continuing_subword_prefix", required(AFFIX),
              "max_input_chars_per_word", required((parts, value) -> value.number(1, MAX_WORD))),
          "WordLevel",
          Map.of("vocab", required(TOKENS), "unk_token", required(TEXT)),
          "BPE",
          Map.of(
              "vocab",
              required(TOKENS),
              "merges",
              required(TOKENS),
              "unk_token",
              optional(TEXT),
              "continuing_subword_prefix",
              optional(AFFIX),
              "end_of_word_suffix",
              optional(AFFIX),
              "fuse_unk",
              optional(FLAG),
              "byte_fallback",
              optional(FLAG),
              "ignore_merges",
              optional(FLAG),
              "dropout",
              optional(
                  (parts, value) -> {
                    if (!value.node().isNumber() || value.node().doubleValue() != 0) {
                      NO_SAMPLING.check(parts, value);
                    }
                  })),
          "Unigram",
          Map.of(
              "vocab", required(TOKENS),
              "unk_id", required(TOKENS),
              "byte_fallback", optional(FLAG),
              "alpha", optional(NO_SAMPLING),
              "nbest_size", optional(NO_SAMPLING)));

  private static final Map<String, Setting> ADDED_TOKEN =
      Map.of(
          "id", required(TOKENS),
          "content", required(TEXT),
          "single_word", required(FLAG),
          "lstrip", required(FLAG),
          "rstrip", required(FLAG),
          "normalized", required(FLAG),
          "special", required(FLAG));

  private static final Map<String, Setting> TRUNCATION =
      Map.of(
          "direction", optional(oneOf(List.of("Left", "Right"))),
          "max_length", required(TokenizerParts::size),
          "strategy", required(oneOf(List.of("LongestFirst", "OnlyFirst", "OnlySecond"))),
          "stride", required(TokenizerParts::size));

  private static final Map<String, Setting> PADDING =
      Map.of(
          "strategy", required(TokenizerParts::paddingStrategy),
          "direction", required(oneOf(List.of("Left", "Right"))),
          "pad_to_multiple_of", optional(TokenizerParts::size),
          "pad_id", required(TOKENS),
          "pad_type_id", required(TokenizerParts::size),
          "pad_token", required(TEXT));

  private static final Map<String, Setting> FILE =
      Map.of(
          "version", optional(oneOf(List.of("1.0"))),
          "truncation", optional((parts, value) -> parts.settings(value, TRUNCATION)),
          "padding", optional((parts, value) -> parts.settings(value, PADDING)),
          "added_tokens", optional(TokenizerParts::addedTokens),
          "normalizer", optional(TokenizerParts::normalizer),
          "pre_tokenizer", optional(TokenizerParts::preTokenizer),
          "post_processor", optional(TokenizerParts::postProcessor),
          // Turns ids into text, which nobody asks for here: it does not get to native code.
          "decoder", optional(TOKENS),
          "model", required((parts, value) -> parts.part(value, MODELS, "model")));

  private int parts;
  private long growth = 1;
  private boolean characterMap;
  private boolean backtracks;

  private TokenizerParts() {}

  /**
   * Checks a file whose model names its type.
   *
   * @throws org.sparkfinetune.UserException that names the key and the value that is wrong
   */
  static TokenizerParts check(JsonNode root) {
    TokenizerParts parts = new TokenizerParts();
    parts.settings(new TokenizerValue("", root), FILE);
    return parts;
  }

  /**
   * The most characters of a text that native code is given: its memory is some 100 bytes a
   * character, also for a text that is cut at a few hundred tokens later, and a pattern that goes
   * back and forth costs their square.
   */
  int maxCharacters() {
    return (int) ((backtracks ? 1 << 15 : 1 << 21) / growth);
  }

  private static Setting required(Rule rule) {
    return new Setting(rule, false);
  }

  private static Setting optional(Rule rule) {
    return new Setting(rule, true);
  }

  private static Rule oneOf(List<String> names) {
    return (parts, value) ->
        value.require(names.contains(value.text()), "one of " + names + " belongs");
  }

  private static Map<String, Setting> byteLevel() {
    return Map.of(
        "add_prefix_space", required(FLAG),
        "trim_offsets", required(FLAG),
        "use_regex", optional(FLAG));
  }

  /** Checks that the value has the settings, each as it must be, and no other. */
  private void settings(TokenizerValue value, Map<String, Setting> settings) {
    settings(value, settings, false);
  }

  /**
   * As above.
   *
   * @param typed whether it has a type as well
   */
  private void settings(TokenizerValue value, Map<String, Setting> settings, boolean typed) {
    value.require(value.node().isObject(), "an object belongs");
    settings.forEach(
        (name, setting) -> {
          TokenizerValue child = value.child(name);
          if (!setting.optional() || !child.isAbsent()) {
            setting.rule().check(this, child);
          }
        });
    for (Iterator<String> names = value.node().fieldNames(); names.hasNext(); ) {
      String name = names.next();
      if (!settings.containsKey(name) && !(typed && name.equals("type"))) {
        throw TokenizerErrors.notATokenizer(
            "it has the key %s, which this version does not know. Known are %s"
                .formatted(
                    TokenizerValue.shown(value.child(name).key()),
                    String.join(", ", settings.keySet().stream().sorted().toList())),
            null);
      }
    }
  }

  private void part(TokenizerValue value, Map<String, Map<String, Setting>> kinds, String what) {
    value.require(value.node().isObject(), "an object with a type belongs");
    TokenizerValue type = value.child("type");
    Map<String, Setting> settings = kinds.get(type.text());
    if (settings == null) {
      throw TokenizerErrors.notATokenizer(
          "%s is %s, no %s that this version knows. Known are %s"
              .formatted(
                  type.key(),
                  type.shown(),
                  what,
                  String.join(", ", kinds.keySet().stream().sorted().toList())),
          null);
    }
    parts++;
    if (parts > MAX_PARTS) {
      throw TokenizerErrors.notATokenizer(
          "it has over " + MAX_PARTS + " normalizers and other parts (" + value.key() + ")", null);
    }
    settings(value, settings, true);
  }

  private void normalizer(TokenizerValue value) {
    part(value, NORMALIZERS, "normalizer");
    byteLevel(value);
  }

  private void normalizers(TokenizerValue value) {
    each(value, this::normalizer);
  }

  private void preTokenizer(TokenizerValue value) {
    part(value, PRE_TOKENIZERS, "pre-tokenizer");
    byteLevel(value);
  }

  private void preTokenizers(TokenizerValue value) {
    each(value, this::preTokenizer);
  }

  private void postProcessor(TokenizerValue value) {
    part(value, POST_PROCESSORS, "post-processor");
  }

  private void postProcessors(TokenizerValue value) {
    each(value, this::postProcessor);
  }

  private void addedTokens(TokenizerValue value) {
    each(value, token -> settings(token, ADDED_TOKEN));
  }

  private static void each(TokenizerValue value, Consumer<TokenizerValue> check) {
    value.require(value.node().isArray(), "an array belongs");
    for (int i = 0; i < value.node().size(); i++) {
      check.accept(value.child(i));
    }
  }

  private void size(TokenizerValue value) {
    value.number(0, Integer.MAX_VALUE);
  }

  /** Either {@code "BatchLongest"} or {@code {"Fixed": 128}}. */
  private void paddingStrategy(TokenizerValue value) {
    if (value.node().isObject()) {
      settings(value, Map.of("Fixed", required(TokenizerParts::size)));
    } else {
      oneOf(List.of("BatchLongest")).check(this, value);
    }
  }

  private void characterMap(TokenizerValue value) {
    if (characterMap) {
      throw TokenizerErrors.notATokenizer(
          value.key() + " is its second, and one is supported", null);
    }
    characterMap = true;
    CharacterMap.check(value);
  }

  /** Either {@code {"String": ...}} or {@code {"Regex": ...}}. */
  private void pattern(TokenizerValue value, boolean consumes) {
    boolean regex = value.node().has("Regex");
    Rule rule =
        regex
            ? (parts, pattern) -> parts.backtracks |= TokenizerPattern.check(pattern, consumes)
            : (parts, pattern) ->
                pattern.require(
                    !pattern.token().isEmpty() || !consumes, "one character or more belongs");
    settings(value, Map.of(regex ? "Regex" : "String", required(rule)));
  }

  /** What stands in the text after it, each time perhaps. */
  private void inserted(TokenizerValue value) {
    grow(value, value.token().length());
  }

  /** Each byte of a text becomes a character of up to two bytes. */
  private void byteLevel(TokenizerValue value) {
    if (value.node().path("type").textValue().equals("ByteLevel")) {
      grow(value, 2);
    }
  }

  private void grow(TokenizerValue value, int times) {
    growth *= Math.max(1, times);
    if (growth > MAX_GROWTH) {
      throw TokenizerErrors.notATokenizer(
          "its normalizers may make a text over %d times as long (%s is %s)"
              .formatted(MAX_GROWTH, value.key(), value.shown()),
          null);
    }
  }
}
