package io.sparkfinetune.tokenize;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkfinetune.UserException;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * BERT's {@code vocab.txt} (one token a line, the line's number from 0 is its id) as the {@code
 * tokenizer.json} that stands for the same tokenizer, so that the rest of the house knows only one
 * kind. The result equals what Hugging Face's {@code BertTokenizerFast} makes of the file.
 */
public final class VocabTxt {
  /** BERT's special tokens, in the order in which Hugging Face writes them. */
  private static final List<String> SPECIAL_TOKENS =
      List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]");

  private static final List<String> REQUIRED_TOKENS = List.of("[UNK]", "[CLS]", "[SEP]");

  private VocabTxt() {}

  /**
   * Makes the {@code tokenizer.json}; the flags are those of {@code tokenizer_config.json}.
   *
   * @param vocabTxt the text of {@code vocab.txt}
   * @param lowerCase {@code do_lower_case}; Hugging Face's default is true
   * @param stripAccents {@code strip_accents}; empty (null in the file, the default) strips them
   *     when lower-casing
   * @param tokenizeChineseChars {@code tokenize_chinese_chars}: whether each Chinese character is a
   *     word; Hugging Face's default is true
   * @throws UserException when a special token that every text needs is missing
   */
  public static String toTokenizerJson(
      String vocabTxt,
      boolean lowerCase,
      Optional<Boolean> stripAccents,
      boolean tokenizeChineseChars) {
    Map<String, Integer> vocab = read(vocabTxt);
    ObjectNode root = new ObjectMapper().createObjectNode();
    root.put("version", "1.0").putNull("truncation").putNull("padding");
    ArrayNode addedTokens = root.putArray("added_tokens");
    for (String token : SPECIAL_TOKENS) {
      if (vocab.containsKey(token)) {
        addedTokens
            .addObject()
            .put("id", vocab.get(token))
            .put("content", token)
            .put("single_word", false)
            .put("lstrip", false)
            .put("rstrip", false)
            .put("normalized", false)
            .put("special", true);
      }
    }
    root.putObject("normalizer")
        .put("type", "BertNormalizer")
        .put("clean_text", true)
        .put("handle_chinese_chars", tokenizeChineseChars)
        .put("strip_accents", stripAccents.orElse(null))
        .put("lowercase", lowerCase);
    root.putObject("pre_tokenizer").put("type", "BertPreTokenizer");
    putPostProcessor(root, vocab);
    root.putObject("decoder").put("type", "WordPiece").put("prefix", "##").put("cleanup", true);
    ObjectNode model =
        root.putObject("model")
            .put("type", "WordPiece")
            .put("unk_token", "[UNK]")
            .put("continuing_subword_prefix", "##")
            .put("max_input_chars_per_word", 100);
    ObjectNode tokens = model.putObject("vocab");
    vocab.forEach(tokens::put);
    return root.toString();
  }

  private static Map<String, Integer> read(String vocabTxt) {
    Map<String, Integer> vocab = new LinkedHashMap<>();
    Iterator<String> lines = vocabTxt.lines().iterator();
    for (int id = 0; lines.hasNext(); id++) {
      // Of a token on two lines the later counts, as in Hugging Face's load_vocab.
      vocab.put(lines.next(), id);
    }
    List<String> missing =
        REQUIRED_TOKENS.stream().filter(token -> !vocab.containsKey(token)).toList();
    if (!missing.isEmpty()) {
      throw new UserException(
          ("vocab.txt (%d lines) has no %s. Expected a BERT vocabulary: one token a line, "
                  + "%s among them.")
              .formatted(
                  vocabTxt.lines().count(),
                  String.join(", ", missing),
                  String.join(", ", REQUIRED_TOKENS)));
    }
    return vocab;
  }

  /** {@code [CLS] A [SEP]} for one text, {@code [CLS] A [SEP] B [SEP]} for a pair. */
  private static void putPostProcessor(ObjectNode root, Map<String, Integer> vocab) {
    ObjectNode template = root.putObject("post_processor").put("type", "TemplateProcessing");
    ArrayNode single = template.putArray("single");
    addPiece(single, "SpecialToken", "[CLS]", 0);
    addPiece(single, "Sequence", "A", 0);
    addPiece(single, "SpecialToken", "[SEP]", 0);
    ArrayNode pair = template.putArray("pair").addAll(single.deepCopy());
    addPiece(pair, "Sequence", "B", 1);
    addPiece(pair, "SpecialToken", "[SEP]", 1);
    ObjectNode specialTokens = template.putObject("special_tokens");
    for (String token : List.of("[CLS]", "[SEP]")) {
      ObjectNode entry = specialTokens.putObject(token).put("id", token);
      entry.putArray("ids").add(vocab.get(token));
      entry.putArray("tokens").add(token);
    }
  }

  private static void addPiece(ArrayNode pieces, String kind, String id, int typeId) {
    pieces.addObject().putObject(kind).put("id", id).put("type_id", typeId);
  }
}
