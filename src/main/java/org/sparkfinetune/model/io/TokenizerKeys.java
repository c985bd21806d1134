package org.sparkfinetune.model.io;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.sparkfinetune.UserException;
import org.sparkfinetune.text.OneLine;
import org.sparkfinetune.tokenize.TokenizerClass;
import org.sparkfinetune.tokenize.TokenizerClass.Kind;

/**
 * The keys of a {@code tokenizer_config.json}: each is honored, harmless, refused, or has no effect
 * in transformers' fast tokenizers either, which is said. docs/models.md has the list for users.
 */
final class TokenizerKeys {
  static final String CLASS = "tokenizer_class";
  static final String ADDITIONAL = "additional_special_tokens";
  static final String EXTRA = "extra_special_tokens";
  static final String DECODER = "added_tokens_decoder";
  static final String LOWER_CASE = "do_lower_case";
  static final String STRIP_ACCENTS = "strip_accents";
  static final String CHINESE = "tokenize_chinese_chars";
  static final String PREFIX_SPACE = "add_prefix_space";
  static final String TRUNCATION_SIDE = "truncation_side";
  static final String INPUT_NAMES = "model_input_names";
  static final String MAX_LENGTH = "model_max_length";
  static final String OLD_MAX_LENGTH = "max_len";
  static final String ADD_BOS = "add_bos_token";
  static final String ADD_EOS = "add_eos_token";

  /** Beside the roles of {@link TokenizerClass#ROLES}. */
  static final Set<String> HONORED =
      Set.of(
          CLASS,
          ADDITIONAL,
          EXTRA,
          DECODER,
          LOWER_CASE,
          STRIP_ACCENTS,
          CHINESE,
          PREFIX_SPACE,
          TRUNCATION_SIDE,
          INPUT_NAMES,
          MAX_LENGTH,
          OLD_MAX_LENGTH,
          ADD_BOS,
          ADD_EOS);

  /**
   * Without a say in token ids: how ids become text again, how batches are padded (each row is
   * computed without its padding here), where the tokenizer came from, what is for chats or tables.
   */
  static final Set<String> HARMLESS =
      Set.of(
          "_commit_hash",
          "added_tokens_file",
          "auto_map", // code, which is never run: the class that is named beside it counts
          "backend",
          "chat_template",
          "clean_up_tokenization_spaces",
          "cls_token_box",
          "device_map",
          "errors",
          "init_inputs",
          "is_local",
          "legacy",
          "max_length",
          "max_seq_length",
          "merges_file",
          "name_or_path",
          "only_label_first_subword",
          "pad_to_multiple_of",
          "pad_token_box",
          "pad_token_label",
          "pad_token_type_id",
          "padding",
          "padding_side",
          "processor_class",
          "return_token_type_ids",
          "sep_token_box",
          "spaces_between_special_tokens",
          "special_tokens_map_file",
          "stride",
          "tokenizer_file", // a path on the machine that saved it: what lies here is read
          "trim_offsets",
          "truncation",
          "truncation_strategy",
          "trust_remote_code",
          "use_default_system_prompt",
          "use_fast",
          "vocab_file");

  /** What only the slow tokenizers of Python do, with the value that is as if it were not there. */
  private static final Map<String, String> SLOW_ALONE =
      Map.of(
          "clean_text", "true",
          "do_basic_tokenize", "true",
          "keep_accents", "false",
          "never_split", "[]",
          "remove_space", "true",
          "sp_model_kwargs", "{}",
          "split_by_punct", "false",
          "vocab_type", "\"spm\"",
          "wordpieces_prefix", "\"##\"");

  /** What only classes of WordPiece vocabularies do. */
  private static final Map<String, String> WORD_PIECE_ALONE =
      Map.of(STRIP_ACCENTS, "null", CHINESE, "true");

  /** What is refused unless it has this value. */
  private static final Map<String, String> REFUSED =
      Map.of(
          "fast_tokenizer_files", "[\"tokenizer.json\"]",
          "from_slow", "false",
          "gguf_file", "\"\"",
          "split_special_tokens", "false");

  private TokenizerKeys() {}

  /**
   * Checks the keys of a configuration.
   *
   * @param file for messages
   * @return what is to be said, a phrase each
   * @throws UserException for what can be neither honored nor left out
   */
  static List<String> check(ObjectNode config, TokenizerClass type, String file) {
    others(config, REFUSED)
        .forEach(
            (key, value) -> {
              throw new UserException(
                  file
                      + ": "
                      + key
                      + "="
                      + value
                      + " is not supported: expected "
                      + REFUSED.get(key)
                      + ", or no such key. "
                      + TokenizerMetadata.CURE);
            });
    List<String> said = new ArrayList<>();
    others(config, SLOW_ALONE)
        .forEach((key, value) -> said.add(key + "=" + value + " has no effect on fast tokenizers"));
    if (type.kind() != Kind.BERT && type.kind() != Kind.MPNET) {
      others(config, WORD_PIECE_ALONE)
          .forEach(
              (key, value) -> said.add(key + "=" + value + " has no effect on " + type.name()));
    }
    Set<String> unknown = new TreeSet<>();
    config.fieldNames().forEachRemaining(unknown::add);
    unknown.removeAll(HONORED);
    unknown.removeAll(TokenizerClass.ROLES);
    unknown.removeAll(HARMLESS);
    unknown.removeAll(SLOW_ALONE.keySet());
    unknown.removeAll(REFUSED.keySet());
    if (!unknown.isEmpty()) {
      said.add(
          "not known, and without effect: "
              + unknown.stream().limit(10).map(OneLine::of).collect(Collectors.joining(", ")));
    }
    return said;
  }

  /** The values, on one line, that are there and neither null nor the usual ones. */
  private static Map<String, String> others(ObjectNode config, Map<String, String> usual) {
    Map<String, String> others = new TreeMap<>();
    usual.forEach(
        (key, value) -> {
          JsonNode given = config.path(key);
          boolean nothing =
              given.isMissingNode() || given.isNull() || given.isEmpty() && given.isContainerNode();
          if (!nothing && !given.toString().equals(value)) {
            others.put(key, OneLine.of(shortened(given.toString())));
          }
        });
    return others;
  }

  static String shortened(String value) {
    return value.length() <= 60 ? value : value.substring(0, 60) + "...";
  }
}
