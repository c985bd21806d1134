package org.sparkfinetune.tokenize;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.sparkfinetune.UserException;
import org.sparkfinetune.text.OneLine;
import org.sparkfinetune.tokenize.TokenizerClass.Kind;
import org.sparkfinetune.tokenize.TokenizerSettings.Normalization;

/**
 * A WordPiece {@code vocab.txt} (one token a line, the line's number from 0 is its id) as the
 * {@code tokenizer.json} that stands for the same tokenizer, so that the rest of the house knows
 * only one kind. The result equals what Hugging Face's fast tokenizer makes of the file and of what
 * lies beside it: that of BERT (which is also DistilBERT's and ELECTRA's), or MPNet's.
 */
public final class VocabTxt {
  /** What every text needs. */
  private static final List<String> REQUIRED = List.of("unk_token", "cls_token", "sep_token");

  private VocabTxt() {}

  /**
   * Makes the {@code tokenizer.json}.
   *
   * @param vocabTxt the text of {@code vocab.txt}
   * @param settings of a class that is made of such a file
   * @param vectors as in {@link TokenizerTree#apply}
   * @throws UserException when a special token that every text needs is missing
   */
  public static String toTokenizerJson(String vocabTxt, TokenizerSettings settings, int vectors) {
    return toTokenizerJson(read(vocabTxt), settings, vectors);
  }

  /**
   * As above, of a vocabulary that was read already.
   *
   * @param vocab the ids by token
   * @throws UserException when a special token that every text needs is missing
   */
  public static String toTokenizerJson(
      Map<String, Integer> vocab, TokenizerSettings settings, int vectors) {
    requireSpecialTokens(vocab, settings);
    ObjectNode root = new ObjectMapper().createObjectNode();
    root.put("version", "1.0").putNull("truncation").putNull("padding");
    root.putArray("added_tokens");
    Normalization normalization = settings.normalization();
    root.putObject("normalizer")
        .put("type", "BertNormalizer")
        .put("clean_text", true)
        .put("handle_chinese_chars", normalization.chineseChars())
        .put("strip_accents", normalization.stripAccents().orElse(null))
        .put("lowercase", normalization.lowerCase());
    root.putObject("pre_tokenizer").put("type", "BertPreTokenizer");
    putPostProcessor(root, vocab, settings);
    root.putObject("decoder").put("type", "WordPiece").put("prefix", "##").put("cleanup", true);
    ObjectNode model =
        root.putObject("model")
            .put("type", "WordPiece")
            .put("unk_token", settings.text("unk_token").orElseThrow())
            .put("continuing_subword_prefix", "##")
            .put("max_input_chars_per_word", 100);
    ObjectNode tokens = model.putObject("vocab");
    vocab.forEach(tokens::put);
    return TokenizerTree.complete(root, settings, vectors);
  }

  /** The class of a file that nothing names one for: MPNet's where it has no {@code [CLS]}. */
  public static TokenizerClass type(String vocabTxt) {
    return type(read(vocabTxt));
  }

  /** As above, of a vocabulary that was read already. */
  public static TokenizerClass type(Map<String, Integer> vocab) {
    boolean mpnet = !vocab.containsKey("[CLS]") && vocab.containsKey("<s>");
    return TokenizerClass.named(mpnet ? "MPNetTokenizer" : "BertTokenizer").orElseThrow();
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

  private static void requireSpecialTokens(Map<String, Integer> vocab, TokenizerSettings settings) {
    List<String> required =
        REQUIRED.stream().map(role -> settings.text(role).orElse("no " + role)).toList();
    List<String> missing =
        required.stream().filter(token -> settings.id(token, vocab).isEmpty()).toList();
    if (!missing.isEmpty()) {
      throw new UserException(
          ("vocab.txt (%d tokens) has no %s. Expected a WordPiece vocabulary: one token a line, "
                  + "%s among them.")
              .formatted(
                  vocab.size(),
                  OneLine.of(String.join(", ", missing)),
                  OneLine.of(String.join(", ", required))));
    }
  }

  /** {@code [CLS] A [SEP]} for one text, {@code [CLS] A [SEP] B [SEP]} for a pair; MPNet's two. */
  private static void putPostProcessor(
      ObjectNode root, Map<String, Integer> vocab, TokenizerSettings settings) {
    String cls = settings.text("cls_token").orElseThrow();
    String sep = settings.text("sep_token").orElseThrow();
    ObjectNode template = root.putObject("post_processor").put("type", "TemplateProcessing");
    ArrayNode single = template.putArray("single");
    TokenizerTree.addPiece(single, "SpecialToken", cls, 0);
    TokenizerTree.addPiece(single, "Sequence", "A", 0);
    TokenizerTree.addPiece(single, "SpecialToken", sep, 0);
    ArrayNode pair = template.putArray("pair").addAll(single.deepCopy());
    if (settings.type().kind() == Kind.MPNET) {
      TokenizerTree.addPiece(pair, "SpecialToken", sep, 0);
    }
    TokenizerTree.addPiece(pair, "Sequence", "B", 1);
    TokenizerTree.addPiece(pair, "SpecialToken", sep, 1);
    ObjectNode specialTokens = template.putObject("special_tokens");
    for (String token : List.of(cls, sep)) {
      TokenizerTree.putTemplateToken(specialTokens, token, settings.id(token, vocab).orElseThrow());
    }
  }
}
