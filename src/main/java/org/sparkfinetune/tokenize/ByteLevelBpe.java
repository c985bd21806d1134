package org.sparkfinetune.tokenize;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Map;
import org.sparkfinetune.UserException;
import org.sparkfinetune.text.OneLine;

/**
 * RoBERTa's {@code vocab.json} and {@code merges.txt} (byte-level byte-pair encoding, as GPT-2's)
 * as the {@code tokenizer.json} that stands for the same tokenizer. The result gives the ids of
 * Hugging Face's {@code RobertaTokenizerFast}.
 */
public final class ByteLevelBpe {
  private static final String CLS = "cls_token";
  private static final String SEP = "sep_token";

  /** The class of such files that nothing names one for. */
  public static final TokenizerClass TYPE = TokenizerClass.named("RobertaTokenizer").orElseThrow();

  private ByteLevelBpe() {}

  /**
   * Makes the {@code tokenizer.json}.
   *
   * @param vocab the ids by token
   * @param merges the pairs to merge, each with a space between its parts, the first first
   * @param settings of a class that is made of such files
   * @param vectors as in {@link TokenizerTree#apply}
   * @throws UserException when {@code cls_token} or {@code sep_token} has no id, or a merge makes
   *     no token
   */
  public static String toTokenizerJson(
      Map<String, Integer> vocab, List<String> merges, TokenizerSettings settings, int vectors) {
    ObjectNode root = new ObjectMapper().createObjectNode();
    root.put("version", "1.0").putNull("truncation").putNull("padding");
    root.putArray("added_tokens");
    root.putNull("normalizer");
    boolean space = settings.addPrefixSpace().orElse(false);
    putByteLevel(root.putObject("pre_tokenizer"), space);
    ObjectNode processor = root.putObject("post_processor").put("type", "RobertaProcessing");
    for (String role : List.of(SEP, CLS)) {
      String text = settings.text(role).orElse("");
      int id = settings.id(text, vocab).orElseThrow(() -> missing(vocab, role, text));
      processor.putArray(role.replace("_token", "")).add(text).add(id);
    }
    processor.put("trim_offsets", true).put("add_prefix_space", space);
    putByteLevel(root.putObject("decoder"), true);
    putModel(root, vocab, merges);
    return TokenizerTree.complete(root, settings, vectors);
  }

  private static UserException missing(Map<String, Integer> vocab, String role, String text) {
    return new UserException(
        "vocab.json (%d tokens) has no %s '%s', which every text needs. Expected RoBERTa's files, or tokenizer.json."
            .formatted(vocab.size(), role, OneLine.of(text)));
  }

  /** The lines of {@code merges.txt} without its head. */
  public static List<String> readMerges(String mergesTxt) {
    return mergesTxt
        .lines()
        .filter(line -> !line.startsWith("#version") && !line.isBlank())
        .toList();
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
