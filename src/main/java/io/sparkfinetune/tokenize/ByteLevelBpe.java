package io.sparkfinetune.tokenize;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkfinetune.UserException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * RoBERTa's {@code vocab.json} and {@code merges.txt} (byte-level byte-pair encoding, as GPT-2's)
 * as the {@code tokenizer.json} that stands for the same tokenizer. The result gives the ids of
 * Hugging Face's {@code RobertaTokenizerFast}.
 */
public final class ByteLevelBpe {
  private static final String CLS = "cls_token";
  private static final String SEP = "sep_token";
  private static final String MASK = "mask_token";

  /** RoBERTa's special tokens by role, in the order in which Hugging Face adds them. */
  private static final Map<String, String> DEFAULTS = new LinkedHashMap<>();

  static {
    DEFAULTS.put("bos_token", "<s>");
    DEFAULTS.put("eos_token", "</s>");
    DEFAULTS.put("unk_token", "<unk>");
    DEFAULTS.put(SEP, "</s>");
    DEFAULTS.put("pad_token", "<pad>");
    DEFAULTS.put(CLS, "<s>");
    DEFAULTS.put(MASK, "<mask>");
  }

  /**
   * Settings of {@code tokenizer_config.json} and {@code special_tokens_map.json}.
   *
   * @param addPrefixSpace {@code add_prefix_space}: whether the first word is one like any other,
   *     which has a space before it; Hugging Face's default is false
   * @param specialTokens the tokens by role, as {@code cls_token}; RoBERTa's where one is missing
   */
  public record Settings(boolean addPrefixSpace, Map<String, String> specialTokens) {}

  private ByteLevelBpe() {}

  /**
   * Makes the {@code tokenizer.json}.
   *
   * @param vocab the ids by token
   * @param merges the pairs to merge, each with a space between its parts, the first first
   * @param addedTokens the ids of tokens beyond the vocabulary, as in {@code added_tokens.json}
   * @throws UserException when {@code cls_token} or {@code sep_token} has no id, or a merge makes
   *     no token
   */
  public static String toTokenizerJson(
      Map<String, Integer> vocab,
      List<String> merges,
      Map<String, Integer> addedTokens,
      Settings settings) {
    Map<String, String> roles = new LinkedHashMap<>(DEFAULTS);
    roles.putAll(settings.specialTokens());
    Map<String, Integer> ids = new LinkedHashMap<>(vocab);
    ids.putAll(addedTokens);
    for (String role : List.of(CLS, SEP)) {
      if (!ids.containsKey(roles.get(role))) {
        throw new UserException(
            "vocab.json (%d tokens) has no %s '%s', which every text needs. Expected RoBERTa's files, or tokenizer.json."
                .formatted(vocab.size(), role, roles.get(role)));
      }
    }
    ObjectNode root = new ObjectMapper().createObjectNode();
    root.put("version", "1.0").putNull("truncation").putNull("padding");
    putAddedTokens(root, ids, addedTokens, roles);
    root.putNull("normalizer");
    boolean space = settings.addPrefixSpace();
    putByteLevel(root.putObject("pre_tokenizer"), space);
    ObjectNode processor = root.putObject("post_processor").put("type", "RobertaProcessing");
    processor.putArray("sep").add(roles.get(SEP)).add(ids.get(roles.get(SEP)));
    processor.putArray("cls").add(roles.get(CLS)).add(ids.get(roles.get(CLS)));
    processor.put("trim_offsets", true).put("add_prefix_space", space);
    putByteLevel(root.putObject("decoder"), true);
    putModel(root, vocab, merges);
    return root.toString();
  }

  /** The lines of {@code merges.txt} without its head. */
  public static List<String> readMerges(String mergesTxt) {
    return mergesTxt
        .lines()
        .filter(line -> !line.startsWith("#version") && !line.isBlank())
        .toList();
  }

  private static void putAddedTokens(
      ObjectNode root,
      Map<String, Integer> ids,
      Map<String, Integer> addedTokens,
      Map<String, String> roles) {
    Map<Integer, String> byId = new TreeMap<>();
    addedTokens.forEach((token, id) -> byId.put(id, token));
    List<String> special = new ArrayList<>(roles.values());
    for (String token : special) {
      if (ids.containsKey(token)) {
        byId.put(ids.get(token), token);
      }
    }
    ArrayNode tokens = root.putArray("added_tokens");
    byId.forEach(
        (id, token) -> {
          boolean mask = token.equals(roles.get(MASK));
          tokens
              .addObject()
              .put("id", id)
              .put("content", token)
              .put("single_word", false)
              .put("lstrip", mask) // the space before a mask is part of it
              .put("rstrip", false)
              .put("normalized", !mask)
              .put("special", special.contains(token));
        });
  }

  private static void putByteLevel(ObjectNode node, boolean addPrefixSpace) {
    node.put("type", "ByteLevel")
        .put("add_prefix_space", addPrefixSpace)
        .put("trim_offsets", true)
        .put("use_regex", true);
  }

  private static void putModel(ObjectNode root, Map<String, Integer> vocab, List<String> merges) {
    ObjectNode model =
        root.putObject("model")
            .put("type", "BPE")
            .putNull("dropout")
            .putNull("unk_token")
            .put("continuing_subword_prefix", "")
            .put("end_of_word_suffix", "")
            .put("fuse_unk", false)
            .put("byte_fallback", false)
            .put("ignore_merges", false);
    ObjectNode tokens = model.putObject("vocab");
    vocab.forEach(tokens::put);
    ArrayNode pairs = model.putArray("merges");
    for (String merge : merges) {
      String[] parts = merge.split(" ", -1);
      // What the native tokenizer cannot merge it answers by failing without a reason.
      if (parts.length != 2
          || !vocab.containsKey(parts[0])
          || !vocab.containsKey(parts[1])
          || !vocab.containsKey(parts[0] + parts[1])) {
        throw new UserException(
            "merges.txt: '"
                + merge
                + "' merges no two tokens of vocab.json into a third. The two files are not of one"
                + " tokenizer.");
      }
      pairs.addArray().add(parts[0]).add(parts[1]);
    }
  }
}
