package io.sparkfinetune.model.io;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.Optional;

/**
 * Stands in for the class of the same name in {@code tokenize} until the two branches meet; then
 * this file goes and {@link TokenizerFiles} imports that one.
 */
final class VocabTxt {
  private static final List<String> SPECIAL_TOKENS =
      List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]");

  private VocabTxt() {}

  static String toTokenizerJson(
      String vocabTxt,
      boolean lowerCase,
      Optional<Boolean> stripAccents,
      boolean tokenizeChineseChars) {
    List<String> tokens = vocabTxt.lines().toList();
    ObjectNode root = Json.MAPPER.createObjectNode();
    root.put("version", "1.0").putNull("truncation").putNull("padding");
    var added = root.putArray("added_tokens");
    for (String token : SPECIAL_TOKENS) {
      if (tokens.contains(token)) {
        added
            .addObject()
            .put("id", tokens.indexOf(token))
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
    ObjectNode processor = root.putObject("post_processor").put("type", "BertProcessing");
    processor.putArray("sep").add("[SEP]").add(tokens.indexOf("[SEP]"));
    processor.putArray("cls").add("[CLS]").add(tokens.indexOf("[CLS]"));
    root.putObject("decoder").put("type", "WordPiece").put("prefix", "##").put("cleanup", true);
    ObjectNode model = root.putObject("model");
    model
        .put("type", "WordPiece")
        .put("unk_token", "[UNK]")
        .put("continuing_subword_prefix", "##")
        .put("max_input_chars_per_word", 100);
    ObjectNode vocab = model.putObject("vocab");
    for (int id = 0; id < tokens.size(); id++) {
      vocab.put(tokens.get(id), id);
    }
    return Json.text(root);
  }
}
