package org.sparkfinetune.tokenize;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.sparkfinetune.UserException;

/**
 * The tokens of a {@code tokenizer.json} and their ids: of the model's vocabulary, the added ones,
 * and those that the post-processor puts around a text. An id indexes the rows of an embedding, so
 * each is one that a token has.
 */
final class TokenizerTokens {
  /** Ids are below. The largest public vocabularies have some 260,000 tokens, an embedding less. */
  static final int MAX_IDS = 1 << 24;

  /** Bytes. SentencePiece's default is 16 characters; freeing a longer one needs more stack. */
  private static final int MAX_PIECE = 512;

  /** Each is compared with all before it when they are read: 20,000 take two seconds. */
  private static final int MAX_ADDED_TOKENS = 20_000;

  /** Each goes into every text. Public models have up to four. */
  private static final int MAX_TEMPLATE = 64;

  private final JsonNode root;
  private final Map<String, Integer> ids;

  /** The model's own tokens. */
  private final int modelTokens;

  private int size;

  private TokenizerTokens(JsonNode root) {
    this.root = root;
    TokenizerValue model = new TokenizerValue("model", root.path("model"));
    TokenizerValue vocab = model.child("vocab");
    boolean listed = vocab.node().isArray();
    vocab.require(listed || vocab.node().isObject(), "the tokens belong");
    vocab.require(!vocab.node().isEmpty(), "tokens belong");
    ids = new HashMap<>(2 * vocab.node().size());
    if (listed) {
      readScored(vocab);
    } else {
      readNumbered(vocab);
    }
    modelTokens = listed ? vocab.node().size() : ids.size();
    checkModel(model, listed);
  }

  /**
   * Checks a file whose parts are sound ({@link TokenizerParts}).
   *
   * @throws UserException that names the key and the value that is wrong
   */
  static TokenizerTokens check(JsonNode root) {
    TokenizerTokens tokens = new TokenizerTokens(root);
    tokens.checkAddedTokens();
    TokenizerValue processor = new TokenizerValue("post_processor", root.path("post_processor"));
    if (!processor.isAbsent()) {
      tokens.checkProcessor(processor);
    }
    TokenizerValue pad = new TokenizerValue("padding", root.path("padding")).child("pad_id");
    if (!pad.node().isMissingNode()) {
      tokens.checkId(pad);
    }
    return tokens;
  }

  /** The largest id plus one. */
  int size() {
    return size;
  }

  Optional<Integer> id(String token) {
    return Optional.ofNullable(ids.get(token));
  }

  private void put(TokenizerValue value, String token, int id) {
    ids.put(token, id);
    size = Math.max(size, id + 1);
  }

  /** BPE, WordPiece and WordLevel: {@code {"token": id}}. */
  private void readNumbered(TokenizerValue vocab) {
    boolean unigram = root.path("model").path("type").textValue().equals("Unigram");
    vocab.require(!unigram, "an array of tokens and scores belongs");
    for (Iterator<String> names = vocab.node().fieldNames(); names.hasNext(); ) {
      String token = names.next();
      TokenizerValue id =
          new TokenizerValue(
              vocab.key() + "." + TokenizerValue.shown(token), vocab.node().get(token));
      vocab.requireLength(token, TokenizerValue.MAX_TOKEN_LENGTH);
      put(id, token, id.number(0, MAX_IDS - 1));
    }
  }

  /** Unigram: {@code [["token", score]]}, the id is the index. */
  private void readScored(TokenizerValue vocab) {
    boolean unigram = root.path("model").path("type").textValue().equals("Unigram");
    vocab.require(unigram, "an object of tokens and ids belongs");
    vocab.require(vocab.node().size() <= MAX_IDS, "at most " + MAX_IDS + " tokens belong");
    for (int i = 0; i < vocab.node().size(); i++) {
      JsonNode entry = vocab.node().get(i);
      boolean sound =
          entry.isArray()
              && entry.size() == 2
              && entry.get(0).isTextual()
              && entry.get(1).isNumber()
              && Double.isFinite(entry.get(1).doubleValue());
      if (!sound) {
        throw vocab.child(i).wrong("a token and its score belong, as [\"a\", -3.5]");
      }
      vocab.requireLength(entry.get(0).textValue(), MAX_PIECE);
      put(vocab, entry.get(0).textValue(), i);
    }
  }

  private void checkModel(TokenizerValue model, boolean unigram) {
    // A word that cannot be split and no token to stand for it is an error at a text.
    if (unigram) {
      model.child("unk_id").number(0, modelTokens - 1);
      return;
    }
    TokenizerValue unknown = model.child("unk_token");
    if (!unknown.isAbsent() && !ids.containsKey(unknown.text())) {
      throw TokenizerErrors.notATokenizer(
          "its model has no unk_token \"%s\" in the vocab"
              .formatted(TokenizerValue.shown(unknown.text())),
          null);
    }
    if (model.node().has("merges")) {
      checkMerges(model);
    }
  }

  /** Two tokens each, {@code ["a", "b"]} or {@code "a b"}, which together are a third. */
  private void checkMerges(TokenizerValue model) {
    TokenizerValue merges = model.child("merges");
    merges.require(merges.node().isArray(), "an array belongs");
    TokenizerValue affix = model.child("continuing_subword_prefix");
    int prefix = affix.isAbsent() ? 0 : affix.text().getBytes(StandardCharsets.UTF_8).length;
    for (int i = 0; i < merges.node().size(); i++) {
      JsonNode merge = merges.node().get(i);
      String first;
      String second;
      if (merge.isTextual()) {
        String[] parts = merge.textValue().split(" ", -1);
        first = parts[0];
        second = parts.length == 2 ? parts[1] : null;
      } else {
        first = merge.path(0).textValue();
        second = merge.size() == 2 ? merge.path(1).textValue() : null;
      }
      if (first == null || second == null || !merged(first, second, prefix)) {
        throw merges.child(i).wrong("two tokens of model.vocab belong that together are a third");
      }
    }
  }

  /** Native code cuts as many bytes off the second token as the prefix has, wherever they end. */
  private boolean merged(String first, String second, int prefix) {
    byte[] bytes = prefix == 0 ? null : second.getBytes(StandardCharsets.UTF_8);
    if (bytes != null
        && (bytes.length < prefix || bytes.length > prefix && (bytes[prefix] & 0xC0) == 0x80)) {
      return false;
    }
    String rest =
        bytes == null
            ? second
            : new String(bytes, prefix, bytes.length - prefix, StandardCharsets.UTF_8);
    return ids.containsKey(first) && ids.containsKey(second) && ids.containsKey(first + rest);
  }

  /** Native code numbers them itself, whatever the file says. */
  private void checkAddedTokens() {
    TokenizerValue tokens = new TokenizerValue("added_tokens", root.path("added_tokens"));
    if (tokens.node().size() > MAX_ADDED_TOKENS) {
      throw TokenizerErrors.notATokenizer(
          "added_tokens has %,d tokens, and %,d are the most"
              .formatted(tokens.node().size(), MAX_ADDED_TOKENS),
          null);
    }
    int next = modelTokens;
    boolean stripsRight = false;
    TokenizerValue stripsLeft = null;
    for (int i = 0; i < tokens.node().size(); i++) {
      TokenizerValue token = tokens.child(i);
      TokenizerValue id = token.child("id");
      String content = token.child("content").text();
      int given = id.number(0, MAX_IDS - 1);
      if (content.isEmpty()) {
        continue; // native code passes over it
      }
      int own = ids.getOrDefault(content, next);
      if (given != own) {
        throw TokenizerErrors.notATokenizer(
            "%s is %d, and the id of %s is %d %s"
                .formatted(
                    id.key(),
                    given,
                    TokenizerValue.shown(content),
                    own,
                    ids.containsKey(content)
                        ? "in the vocabulary"
                        : "by its place after the vocabulary"),
            null);
      }
      put(id, content, own);
      next = Math.max(next, own + 1);
      stripsRight |= token.child("rstrip").flag();
      if (token.child("lstrip").flag() && Character.isWhitespace(content.codePointAt(0))) {
        stripsLeft = token;
      }
    }
    if (stripsRight && stripsLeft != null) {
      // It would begin after its own end, where another token has taken the space that it is.
      throw TokenizerErrors.notATokenizer(
          stripsLeft.key()
              + " begins with a space and strips those before it, and others strip"
              + " those after them",
          null);
    }
  }

  private void checkProcessor(TokenizerValue processor) {
    switch (processor.child("type").text()) {
      case "TemplateProcessing" -> checkTemplates(processor);
      case "BertProcessing", "RobertaProcessing" -> {
        checkNamedId(processor.child("sep"));
        checkNamedId(processor.child("cls"));
      }
      case "Sequence" -> checkSequence(processor);
      default -> {}
    }
  }

  /** Native code takes no text that another has put tokens around. */
  private void checkSequence(TokenizerValue processor) {
    TokenizerValue processors = processor.child("processors");
    int around = 0;
    for (int i = 0; i < processors.node().size(); i++) {
      TokenizerValue part = processors.child(i);
      checkProcessor(part);
      around += part.child("type").text().equals("ByteLevel") ? 0 : 1;
    }
    if (around > 1) {
      throw TokenizerErrors.notATokenizer(
          processors.key() + " has " + around + " that put tokens around a text, and one may",
          null);
    }
  }

  /** {@code ["[SEP]", 102]}. */
  private void checkNamedId(TokenizerValue value) {
    value.require(value.node().isArray() && value.node().size() == 2, "a token and its id belong");
    checkId(value.child(1), value.child(0).token());
  }

  private void checkId(TokenizerValue id, String token) {
    checkId(id);
    Integer known = ids.get(token);
    if (known != null && known != id.node().intValue()) {
      throw TokenizerErrors.notATokenizer(
          "%s is %s, and the id of %s is %d"
              .formatted(id.key(), id.shown(), TokenizerValue.shown(token), known),
          null);
    }
  }

  private void checkId(TokenizerValue id) {
    id.require(
        id.node().isInt() && id.node().intValue() >= 0 && id.node().intValue() < size,
        "an id of the vocabulary belongs (0 to " + (size - 1) + ")");
  }

  private void checkTemplates(TokenizerValue processor) {
    TokenizerValue special = processor.child("special_tokens");
    special.require(special.node().isObject(), "an object belongs");
    for (Iterator<String> names = special.node().fieldNames(); names.hasNext(); ) {
      checkSpecialToken(special.child(names.next()));
    }
    checkTemplate(processor.child("single"), special, List.of("A"));
    checkTemplate(processor.child("pair"), special, List.of("A", "B"));
  }

  /** {@code {"id": "[SEP]", "ids": [102], "tokens": ["[SEP]"]}}. */
  private void checkSpecialToken(TokenizerValue value) {
    value.child("id").token();
    TokenizerValue numbers = value.child("ids");
    TokenizerValue tokens = value.child("tokens");
    int count = numbers.node().size();
    numbers.require(
        numbers.node().isArray() && count > 0 && count <= MAX_TEMPLATE, "an array of ids belongs");
    tokens.require(
        tokens.node().isArray() && tokens.node().size() == count, "as many tokens as ids belong");
    for (int i = 0; i < count; i++) {
      checkId(numbers.child(i), tokens.child(i).token());
    }
  }

  /** Each text once, among special tokens that are there. */
  private static void checkTemplate(
      TokenizerValue template, TokenizerValue special, List<String> sequences) {
    int pieces = template.node().size();
    template.require(template.node().isArray() && pieces <= MAX_TEMPLATE, "a template belongs");
    Map<String, Integer> counts = new HashMap<>();
    for (int i = 0; i < pieces; i++) {
      TokenizerValue piece = template.child(i);
      boolean text = piece.node().has("Sequence");
      TokenizerValue content = piece.child(text ? "Sequence" : "SpecialToken");
      String id = content.child("id").token();
      content.child("type_id").number(0, Integer.MAX_VALUE);
      if (text) {
        counts.merge(id, 1, Integer::sum);
      } else if (!special.node().has(id)) {
        throw content.child("id").wrong("a token of " + special.key() + " belongs");
      }
    }
    boolean once =
        counts.size() == sequences.size() && sequences.stream().allMatch(id -> one(counts, id));
    if (!once) {
      throw TokenizerErrors.notATokenizer(
          "%s is to have the sequence%s %s once"
              .formatted(
                  template.key(),
                  sequences.size() == 1 ? "" : "s",
                  String.join(" and ", sequences)),
          null);
    }
  }

  private static boolean one(Map<String, Integer> counts, String id) {
    return counts.getOrDefault(id, 0) == 1;
  }
}
