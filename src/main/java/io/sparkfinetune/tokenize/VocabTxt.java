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
 * A WordPiece {@code vocab.txt} (one token a line, the line's number from 0 is its id) as the
 * {@code tokenizer.json} that stands for the same tokenizer, so that the rest of the house knows
 * only one kind. The result equals what Hugging Face's fast tokenizer makes of the file: that of
 * BERT (which is also DistilBERT's and ELECTRA's), or MPNet's where the vocabulary has {@code <s>}
 * for {@code [CLS]}.
 */
public final class VocabTxt {
  /**
   * A family's special tokens, in the order in which Hugging Face writes them.
   *
   * @param normalized whether they are looked for in the text before it is normalised or after
   * @param separators between the texts of a pair
   */
  private record Variant(
      String cls,
      String sep,
      String mask,
      List<String> specialTokens,
      boolean normalized,
      int separators) {
    List<String> required() {
      return List.of("[UNK]", cls, sep);
    }
  }

  private static final Variant BERT =
      new Variant(
          "[CLS]",
          "[SEP]",
          "[MASK]",
          List.of("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"),
          false,
          1);
  private static final Variant MPNET =
      new Variant(
          "<s>", "</s>", "<mask>", List.of("<s>", "<pad>", "</s>", "[UNK]", "<mask>"), true, 2);

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
    return toTokenizerJson(read(vocabTxt), lowerCase, stripAccents, tokenizeChineseChars);
  }

  /**
   * As above, of a vocabulary that was read already.
   *
   * @param vocab the ids by token
   * @throws UserException when a special token that every text needs is missing
   */
  public static String toTokenizerJson(
      Map<String, Integer> vocab,
      boolean lowerCase,
      Optional<Boolean> stripAccents,
      boolean tokenizeChineseChars) {
    boolean mpnet = !vocab.containsKey(BERT.cls()) && vocab.containsKey(MPNET.cls());
    Variant variant = mpnet ? MPNET : BERT;
    requireSpecialTokens(vocab, variant);
    ObjectNode root = new ObjectMapper().createObjectNode();
    root.put("version", "1.0").putNull("truncation").putNull("padding");
    ArrayNode addedTokens = root.putArray("added_tokens");
    for (String token : variant.specialTokens()) {
      if (vocab.containsKey(token)) {
        addedTokens
            .addObject()
            .put("id", vocab.get(token))
            .put("content", token)
            .put("single_word", false)
            .put("lstrip", mpnet && token.equals(variant.mask()))
            .put("rstrip", false)
            .put("normalized", variant.normalized())
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
    putPostProcessor(root, vocab, variant);
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
    return vocab;
  }

  private static void requireSpecialTokens(Map<String, Integer> vocab, Variant variant) {
    List<String> missing =
        variant.required().stream().filter(token -> !vocab.containsKey(token)).toList();
    if (!missing.isEmpty()) {
      throw new UserException(
          ("vocab.txt (%d tokens) has no %s. Expected a WordPiece vocabulary: one token a line, "
                  + "%s among them.")
              .formatted(
                  vocab.size(), String.join(", ", missing), String.join(", ", variant.required())));
    }
  }

  /** {@code [CLS] A [SEP]} for one text, {@code [CLS] A [SEP] B [SEP]} for a pair. */
  private static void putPostProcessor(
      ObjectNode root, Map<String, Integer> vocab, Variant variant) {
    ObjectNode template = root.putObject("post_processor").put("type", "TemplateProcessing");
    ArrayNode single = template.putArray("single");
    addPiece(single, "SpecialToken", variant.cls(), 0);
    addPiece(single, "Sequence", "A", 0);
    addPiece(single, "SpecialToken", variant.sep(), 0);
    ArrayNode pair = template.putArray("pair").addAll(single.deepCopy());
    for (int i = 1; i < variant.separators(); i++) {
      addPiece(pair, "SpecialToken", variant.sep(), 0);
    }
    addPiece(pair, "Sequence", "B", 1);
    addPiece(pair, "SpecialToken", variant.sep(), 1);
    ObjectNode specialTokens = template.putObject("special_tokens");
    for (String token : List.of(variant.cls(), variant.sep())) {
      ObjectNode entry = specialTokens.putObject(token).put("id", token);
      entry.putArray("ids").add(vocab.get(token));
      entry.putArray("tokens").add(token);
    }
  }

  private static void addPiece(ArrayNode pieces, String kind, String id, int typeId) {
    pieces.addObject().putObject(kind).put("id", id).put("type_id", typeId);
  }
}
