package org.sparkfinetune.tokenize;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.sparkfinetune.UserException;
import org.sparkfinetune.text.OneLine;
import org.sparkfinetune.tokenize.TokenizerSettings.Normalization;

/**
 * A {@code tokenizer.json} into which the settings of the files beside it are written, as
 * transformers' class applies them when it reads the folder. After that the text alone says
 * everything; it is what runs, what is saved and what is exported.
 */
public final class TokenizerTree {
  private static final String TYPE = "type";
  private static final String TYPE_ID = "type_id";
  private static final String POST_PROCESSOR = "post_processor";
  private static final String TRUNCATION = "truncation";
  private static final String ADD_PREFIX_SPACE = "add_prefix_space";

  private final ObjectNode root;
  private final List<String> said = new ArrayList<>();
  private boolean changed;

  private TokenizerTree(ObjectNode root) {
    this.root = root;
  }

  /**
   * Puts settings over a {@code tokenizer.json}.
   *
   * @param tokenizerJson its text
   * @param settings what lies beside it
   * @param vectors the token ids that the model has vectors for: special tokens that the settings
   *     would add beyond them are left out, as no text can have them
   * @return the text, the same one when nothing said
   * @throws UserException when it is no tokenizer, or transformers' result cannot be written
   */
  public static Effective apply(String tokenizerJson, TokenizerSettings settings, int vectors) {
    if (!(TokenizerJson.read(tokenizerJson) instanceof ObjectNode root)) {
      throw TokenizerErrors.notATokenizer("it is no JSON object", null);
    }
    TokenizerTree tree = new TokenizerTree(root);
    tree.addTokens(settings, false, vectors);
    tree.normalize(settings);
    tree.applyRest(settings);
    return new Effective(tree.changed ? root.toString() : tokenizerJson, tree.said);
  }

  /** Completes a tree that was made of a vocabulary by these settings. */
  static String complete(ObjectNode root, TokenizerSettings settings, int vectors) {
    TokenizerTree tree = new TokenizerTree(root);
    tree.addTokens(settings, true, vectors);
    tree.applyRest(settings);
    return root.toString();
  }

  /**
   * A tokenizer with its settings in it.
   *
   * @param json the text of its {@code tokenizer.json}
   * @param said where the settings won over that file, or were not as they seem: a phrase each
   */
  public record Effective(String json, List<String> said) {}

  private void applyRest(TokenizerSettings settings) {
    prefixSpace(settings);
    truncationSide(settings);
    if (settings.type().kind() == TokenizerClass.Kind.LLAMA) {
      replaceProcessor(
          startAndEnd(settings),
          "add_bos_token=" + settings.addBos() + " and add_eos_token=" + settings.addEos());
    }
    if (!settings.tokenTypes() && root.get(POST_PROCESSOR) instanceof ObjectNode processor) {
      replaceProcessor(withoutTypes(processor), "");
    }
  }

  private void replaceProcessor(ObjectNode processor, String why) {
    if (!processor.equals(root.path(POST_PROCESSOR))) {
      if (!why.isEmpty()) {
        said.add(why + " count, not the file's post_processor");
      }
      root.set(POST_PROCESSOR, processor);
      changed = true;
    }
  }

  /** Adds what is beyond the vocabulary, then special tokens. */
  private void addTokens(TokenizerSettings settings, boolean fromVocabulary, int vectors) {
    AddedTokens tokens = new AddedTokens(root);
    // What the file has of a token counts, unless another one lists them all.
    boolean fileCounts = !fromVocabulary && !settings.listsAll();
    Set<String> roles = new LinkedHashSet<>();
    TokenizerClass.ROLES.forEach(role -> settings.text(role).ifPresent(roles::add));
    Map<String, Optional<AddedToken>> additional = settings.additionalTokens();
    settings
        .added()
        .forEach(
            (id, token) -> {
              String text = token.content();
              if (fileCounts && tokens.isInFile(id)) {
                return;
              }
              boolean special = roles.contains(text) || additional.containsKey(text);
              tokens.put(special ? token.asSpecial() : token);
              sayOtherId(tokens, text, id);
            });
    Set<String> seen = new LinkedHashSet<>();
    for (String role : TokenizerClass.ROLES) {
      String text = settings.text(role).orElse("");
      if (seen.add(text) && !(fileCounts && settings.names(role) && tokens.contains(text))) {
        putSpecial(tokens, text, settings.token(role, fromVocabulary));
      }
    }
    additional.forEach(
        (text, token) -> {
          if (seen.add(text)) {
            putSpecial(tokens, text, token);
          }
        });
    // Every text has the others, or may have.
    List.of("cls_token", "sep_token", "unk_token")
        .forEach(role -> settings.text(role).ifPresent(roles::remove));
    tokens.leaveOut(roles, vectors);
    changed |= tokens.write(root);
  }

  /** A special token by its text alone stays as it is where it is there. */
  private static void putSpecial(AddedTokens tokens, String text, Optional<AddedToken> token) {
    if (token.isPresent() || !tokens.contains(text)) {
      tokens.put(token.orElseGet(() -> AddedToken.special(text)).asSpecial());
    }
  }

  private void sayOtherId(AddedTokens tokens, String text, int id) {
    tokens
        .id(text)
        .filter(given -> given != id)
        .ifPresent(
            given ->
                said.add(
                    "the added token '"
                        + OneLine.of(text)
                        + "' has the id "
                        + given
                        + ", not "
                        + id
                        + ", the next one after the vocabulary"));
  }

  private void normalize(TokenizerSettings settings) {
    TokenizerClass.Kind kind = settings.type().kind();
    if (kind != TokenizerClass.Kind.BERT && kind != TokenizerClass.Kind.MPNET
        // Others have no such settings, and transformers leaves them as they are.
        || !(root.get("normalizer") instanceof ObjectNode normalizer)
        || !normalizer.path(TYPE).asText().equals("BertNormalizer")) {
      return;
    }
    ObjectNode wanted = normalizer.deepCopy();
    Normalization settled = settings.normalization();
    wanted.put("lowercase", settled.lowerCase());
    wanted.put("strip_accents", settled.stripAccents().orElse(null));
    if (kind == TokenizerClass.Kind.BERT) {
      wanted.put("handle_chinese_chars", settled.chineseChars());
    }
    Map<String, String> keys = new LinkedHashMap<>();
    keys.put("lowercase", "do_lower_case");
    keys.put("strip_accents", "strip_accents");
    keys.put("handle_chinese_chars", "tokenize_chinese_chars");
    keys.forEach(
        (name, key) -> {
          if (!wanted.path(name).equals(normalizer.path(name))) {
            said.add(
                key + "=" + wanted.path(name) + " counts, not the file's " + normalizer.path(name));
          }
        });
    if (!wanted.equals(normalizer)) {
      requirePlainAddedTokens();
      root.set("normalizer", wanted);
      changed = true;
    }
  }

  /**
   * transformers looks for such a token as the old normalizer left it, until it has saved the
   * tokenizer: what it computes depends on a save.
   */
  private void requirePlainAddedTokens() {
    for (JsonNode token : root.path("added_tokens")) {
      String content = token.path("content").asText();
      if (token.path("normalized").asBoolean() && !content.matches("[\\p{ASCII}&&[^A-Z]]*")) {
        throw new UserException(
            "the added token '"
                + OneLine.of(content)
                + "' of tokenizer.json is looked for in normalized text, and "
                + String.join(", ", said)
                + ": transformers then finds it otherwise before it has saved the tokenizer than"
                + " after. Save it once, in the folder: python -c \"from transformers import"
                + " AutoTokenizer as A; A.from_pretrained('.').save_pretrained('.')\"");
      }
    }
  }

  private void prefixSpace(TokenizerSettings settings) {
    if (settings.addPrefixSpace().isEmpty()
        || !(root.get("pre_tokenizer") instanceof ObjectNode pre)) {
      return;
    }
    boolean wanted = settings.addPrefixSpace().get();
    if (!pre.path(TYPE).asText().equals("ByteLevel")) {
      boolean other =
          pre.findValues(ADD_PREFIX_SPACE).stream().anyMatch(value -> value.asBoolean() != wanted);
      if (wanted && other) {
        said.add(ADD_PREFIX_SPACE + "=true has no effect on a pre_tokenizer of several steps");
      }
    } else if (pre.path(ADD_PREFIX_SPACE).asBoolean(true) != wanted) {
      said.add(ADD_PREFIX_SPACE + "=" + wanted + " counts, not the file's " + !wanted);
      pre.put(ADD_PREFIX_SPACE, wanted);
      changed = true;
    }
  }

  private void truncationSide(TokenizerSettings settings) {
    if (settings.truncateLeft().isEmpty()) {
      return;
    }
    String direction = settings.truncateLeft().get() ? "Left" : "Right";
    // Without a truncation of its own it is the right side.
    if (direction.equals(root.path(TRUNCATION).path("direction").asText("Right"))) {
      return;
    }
    ObjectNode truncation =
        root.get(TRUNCATION) instanceof ObjectNode there
            ? there
            // The length is no more than a place-holder: max_length is the user's.
            : root.putObject(TRUNCATION)
                .put("max_length", 512)
                .put("strategy", "LongestFirst")
                .put("stride", 0);
    truncation.put("direction", direction);
    changed = true;
  }

  /** What Llama's class makes of two settings, whatever the file has. */
  private ObjectNode startAndEnd(TokenizerSettings settings) {
    ObjectNode template = root.objectNode().put(TYPE, "TemplateProcessing");
    ArrayNode single = template.putArray("single");
    ArrayNode pair = template.putArray("pair");
    ObjectNode special = template.putObject("special_tokens");
    AddedTokens tokens = new AddedTokens(root);
    for (int type = 0; type < 2; type++) {
      List<ArrayNode> pieces = type == 0 ? List.of(single, pair) : List.of(pair);
      if (settings.addBos()) {
        putSpecial(settings, "bos_token", type, pieces, special, tokens);
      }
      for (ArrayNode list : pieces) {
        addPiece(list, "Sequence", type == 0 ? "A" : "B", type);
      }
      if (settings.addEos()) {
        putSpecial(settings, "eos_token", type, pieces, special, tokens);
      }
    }
    return template;
  }

  private static void putSpecial(
      TokenizerSettings settings,
      String role,
      int type,
      List<ArrayNode> pieces,
      ObjectNode special,
      AddedTokens tokens) {
    String text = settings.text(role).orElse("");
    int id =
        tokens
            .id(text)
            .orElseThrow(
                () -> new UserException("add_" + role + "=true, and the tokenizer has no " + role));
    pieces.forEach(list -> addPiece(list, "SpecialToken", text, type));
    putTemplateToken(special, text, id);
  }

  static void addPiece(ArrayNode pieces, String kind, String id, int typeId) {
    pieces.addObject().putObject(kind).put("id", id).put(TYPE_ID, typeId);
  }

  static void putTemplateToken(ObjectNode special, String text, int id) {
    ObjectNode entry = special.putObject(text).put("id", text);
    entry.putArray("ids").add(id);
    entry.putArray("tokens").add(text);
  }

  /**
   * The same special tokens, all of type 0: what a model sees whose tokenizer gives it no types.
   */
  private static ObjectNode withoutTypes(ObjectNode processor) {
    ObjectNode result = processor.deepCopy();
    switch (processor.path(TYPE).asText()) {
      case "TemplateProcessing" -> {
        for (String list : List.of("single", "pair")) {
          for (JsonNode piece : result.path(list)) {
            piece.forEach(value -> ((ObjectNode) value).put(TYPE_ID, 0));
          }
        }
      }
      case "BertProcessing" -> {
        ArrayNode cls = (ArrayNode) processor.path("cls");
        ArrayNode sep = (ArrayNode) processor.path("sep");
        result = processor.objectNode().put(TYPE, "TemplateProcessing");
        ArrayNode single = result.putArray("single");
        addPiece(single, "SpecialToken", cls.path(0).asText(), 0);
        addPiece(single, "Sequence", "A", 0);
        addPiece(single, "SpecialToken", sep.path(0).asText(), 0);
        ArrayNode pair = result.putArray("pair").addAll(single.deepCopy());
        addPiece(pair, "Sequence", "B", 0);
        addPiece(pair, "SpecialToken", sep.path(0).asText(), 0);
        ObjectNode special = result.putObject("special_tokens");
        putTemplateToken(special, cls.path(0).asText(), cls.path(1).asInt());
        putTemplateToken(special, sep.path(0).asText(), sep.path(1).asInt());
      }
      case "Sequence" -> {
        ArrayNode processors = result.putArray("processors");
        for (JsonNode part : processor.path("processors")) {
          processors.add(part instanceof ObjectNode object ? withoutTypes(object) : part);
        }
      }
      default -> {
        // RobertaProcessing has type 0 alone; ByteLevel sets none.
      }
    }
    return result;
  }
}
