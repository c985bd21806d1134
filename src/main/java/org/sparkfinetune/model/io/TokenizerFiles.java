package org.sparkfinetune.model.io;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;
import org.sparkfinetune.UserException;
import org.sparkfinetune.storage.HadoopFiles;
import org.sparkfinetune.tokenize.ByteLevelBpe;
import org.sparkfinetune.tokenize.TokenizerClass;
import org.sparkfinetune.tokenize.TokenizerClass.Kind;
import org.sparkfinetune.tokenize.TokenizerSettings;
import org.sparkfinetune.tokenize.TokenizerSummary;
import org.sparkfinetune.tokenize.TokenizerTree;
import org.sparkfinetune.tokenize.VocabTxt;

/** A tokenizer's files in a Hugging Face folder. */
final class TokenizerFiles {
  static final String TOKENIZER = "tokenizer.json";
  static final String TOKENIZER_CONFIG = "tokenizer_config.json";
  static final String SPECIAL_TOKENS_MAP = "special_tokens_map.json";
  private static final String VOCAB = "vocab.txt";
  private static final String BPE_VOCAB = "vocab.json";
  private static final String BPE_MERGES = "merges.txt";
  static final String ADDED_TOKENS = "added_tokens.json";

  /** All that are read where they are there. */
  static final List<String> NAMES =
      List.of(TOKENIZER, TOKENIZER_CONFIG, SPECIAL_TOKENS_MAP, ADDED_TOKENS);

  /** What a tokenizer is made of where there is no {@link #TOKENIZER}. */
  static final List<String> VOCABULARIES = List.of(VOCAB, BPE_VOCAB, BPE_MERGES);

  /** More token ids than any model has vectors for. */
  private static final int ALL = Integer.MAX_VALUE;

  /** How Spark NLP's names of its SentencePiece files end. */
  private static final String SPARK_NLP_SENTENCE_PIECE = "_spp";

  /** What the families call each role; a tokenizer has the first that it knows. */
  private static final Map<String, List<String>> SPECIAL_TOKENS = new LinkedHashMap<>();

  static {
    SPECIAL_TOKENS.put("cls_token", List.of("[CLS]", "<s>"));
    SPECIAL_TOKENS.put("mask_token", List.of("[MASK]", "<mask>"));
    SPECIAL_TOKENS.put("pad_token", List.of("[PAD]", "<pad>"));
    SPECIAL_TOKENS.put("sep_token", List.of("[SEP]", "</s>"));
    SPECIAL_TOKENS.put("unk_token", List.of("[UNK]", "<unk>"));
  }

  private TokenizerFiles() {}

  /**
   * A tokenizer with all that lies beside it in it.
   *
   * @param json the text of its {@code tokenizer.json}
   * @param maxLength {@code model_max_length}, the tokens at which its maker cut texts; empty where
   *     there is none
   * @param notes what a user should know of how its files were read, a line each
   */
  record Tokenizer(String json, OptionalInt maxLength, List<String> notes) {
    /** One that nothing lies beside. */
    static Tokenizer of(String json) {
      return new Tokenizer(json, OptionalInt.empty(), List.of());
    }
  }

  /**
   * Reads {@code tokenizer.json}, with what the files beside it say put over it as transformers
   * does ({@link TokenizerKeys}); where there is none, makes one from {@code vocab.txt} (WordPiece)
   * or {@code vocab.json} and {@code merges.txt} (byte-level BPE).
   *
   * @param model the model's {@code config.json}, which has a say in the tokenizer's class; empty
   *     when there is none
   * @throws UserException when there is none, or one that cannot be read as transformers does
   */
  static Tokenizer read(Path folder, Optional<ObjectNode> model, Configuration hadoop)
      throws IOException {
    List<String> names = HadoopFiles.names(folder, hadoop);
    TokenizerMetadata metadata =
        new TokenizerMetadata(
            optional(folder, TOKENIZER_CONFIG, names, hadoop),
            optional(folder, SPECIAL_TOKENS_MAP, names, hadoop),
            optional(folder, ADDED_TOKENS, names, hadoop),
            model,
            folder.toString());
    int vectors = model.map(m -> m.path("vocab_size").asInt(ALL)).orElse(ALL);
    if (names.contains(TOKENIZER)) {
      String json = text(folder, TOKENIZER, hadoop);
      return withMetadata(json, metadata, vectors);
    }
    if (names.contains(VOCAB)) {
      String vocab = text(folder, VOCAB, hadoop);
      TokenizerClass type = metadata.type().orElseGet(() -> VocabTxt.type(vocab));
      return made(
          metadata,
          type,
          VOCAB,
          List.of(Kind.BERT, Kind.MPNET),
          settings -> VocabTxt.toTokenizerJson(vocab, settings, vectors));
    }
    if (names.contains(BPE_VOCAB) && names.contains(BPE_MERGES)) {
      Map<String, Integer> vocab = ids(optional(folder, BPE_VOCAB, names, hadoop));
      List<String> merges = ByteLevelBpe.readMerges(text(folder, BPE_MERGES, hadoop));
      return made(
          metadata,
          metadata.type().orElse(ByteLevelBpe.TYPE),
          BPE_VOCAB,
          List.of(Kind.ROBERTA),
          settings -> ByteLevelBpe.toTokenizerJson(vocab, merges, settings, vectors));
    }
    throw missing(folder, names);
  }

  private static Tokenizer withMetadata(String json, TokenizerMetadata metadata, int vectors) {
    Optional<TokenizerClass> known = metadata.type();
    TokenizerClass type = known.orElseGet(TokenizerClass::generic);
    List<String> said = TokenizerKeys.check(metadata.config(), type, metadata.file());
    TokenizerSettings settings = metadata.settings(type);
    TokenizerTree.Effective effective;
    try {
      effective = TokenizerTree.apply(json, settings, vectors);
    } catch (UserException e) {
      throw new UserException(metadata.folder() + ": " + e.getMessage(), e);
    }
    said.addAll(effective.said());
    JsonNode lowerCase = metadata.config().path(TokenizerKeys.LOWER_CASE);
    if (lowerCase.isBoolean()
        && TokenizerSummary.of(effective.json()).lowerCases() != lowerCase.booleanValue()) {
      said.add(
          "do_lower_case="
              + lowerCase
              + " has no effect: the tokenizer.json of a "
              + type.name()
              + " says itself whether texts are lower-cased");
    }
    String cure =
        metadata.isByFamily() && !effective.said().isEmpty()
            ? "; for tokenizer.json as it is, write {\"tokenizer_class\":"
                + " \"PreTrainedTokenizerFast\"} into tokenizer_config.json"
            : "";
    return new Tokenizer(effective.json(), metadata.maxLength(), lines(said, type, metadata, cure));
  }

  private static Tokenizer made(
      TokenizerMetadata metadata,
      TokenizerClass type,
      String file,
      List<Kind> kinds,
      Function<TokenizerSettings, String> make) {
    if (!kinds.contains(type.kind())) {
      throw metadata.unsupported(
          "does not read "
              + file
              + ": beside it expected one of "
              + String.join(", ", TokenizerClass.names(kinds)));
    }
    List<String> said = TokenizerKeys.check(metadata.config(), type, metadata.file());
    String json;
    try {
      json = make.apply(metadata.settings(type));
    } catch (UserException e) {
      throw new UserException(metadata.folder() + ": " + e.getMessage(), e);
    }
    return new Tokenizer(json, metadata.maxLength(), lines(said, type, metadata, ""));
  }

  private static List<String> lines(
      List<String> said, TokenizerClass type, TokenizerMetadata metadata, String cure) {
    return said.stream()
        .map(
            phrase ->
                metadata.folder()
                    + ": of the tokenizer ("
                    + type.name()
                    + "), "
                    + phrase
                    + ", as in transformers"
                    + cure)
        .toList();
  }

  private static Map<String, Integer> ids(ObjectNode idsByToken) {
    Map<String, Integer> ids = new LinkedHashMap<>();
    idsByToken.fields().forEachRemaining(e -> ids.put(e.getKey(), e.getValue().asInt()));
    return ids;
  }

  private static ObjectNode optional(
      Path folder, String file, List<String> names, Configuration hadoop) throws IOException {
    Path path = new Path(folder, file);
    return names.contains(file)
        ? Json.object(text(folder, file, hadoop), path.toString())
        : Json.MAPPER.createObjectNode();
  }

  private static String text(Path folder, String file, Configuration hadoop) throws IOException {
    return HadoopFiles.readText(new Path(folder, file), HadoopFiles.MAX_TOKENIZER_BYTES, hadoop);
  }

  private static UserException missing(Path folder, List<String> names) {
    Optional<String> sentencePiece =
        names.stream()
            .filter(name -> name.endsWith(".model") || name.endsWith(SPARK_NLP_SENTENCE_PIECE))
            .findFirst();
    if (sentencePiece.isPresent()) {
      return new UserException(
          folder
              + ": the tokenizer is there as a SentencePiece model alone ("
              + sentencePiece.get()
              + "), which is not read. Convert it once, in the folder of the Hugging Face model:"
              + " python -c \"from transformers import AutoTokenizer;"
              + " AutoTokenizer.from_pretrained('.').save_pretrained('.')\", and put the "
              + TOKENIZER
              + " that this writes into "
              + folder
              + ".");
    }
    return new UserException(
        folder
            + ": no tokenizer: none of "
            + TOKENIZER
            + ", "
            + VOCAB
            + " and "
            + BPE_VOCAB
            + " with "
            + BPE_MERGES
            + " is there. It has: "
            + String.join(", ", names)
            + ". Copy "
            + TOKENIZER
            + " from where the model came from.");
  }

  /**
   * The text of a {@code tokenizer_config.json}. Its class is the one that does what {@code
   * tokenizer.json} says: those of the families, as BertTokenizer, put settings of their own over
   * the file's. It gives {@code token_type_ids} unless told not to, and they fail in the forward
   * pass of a model that takes none.
   */
  static String tokenizerConfig(ObjectNode tokenizer, ModelInputs inputs) {
    ObjectNode settings = Json.MAPPER.createObjectNode();
    JsonNode addPrefixSpace = tokenizer.path("pre_tokenizer").path("add_prefix_space");
    if (addPrefixSpace.isBoolean()) {
      // The one setting that this class too puts over the file's: without this, as false.
      settings.set("add_prefix_space", addPrefixSpace);
    }
    ArrayNode names = settings.putArray("model_input_names").add("input_ids");
    if (inputs.tokenTypes()) {
      names.add("token_type_ids");
    }
    names.add("attention_mask");
    settings.put("model_max_length", inputs.maxTokens());
    settings.put("tokenizer_class", "PreTrainedTokenizerFast");
    if (tokenizer.path("truncation").path("direction").asText().equals("Left")) {
      settings.put(TokenizerKeys.TRUNCATION_SIDE, "left");
    }
    settings.setAll(specialTokens(tokenizer));
    return Json.text(settings);
  }

  /** The text of a {@code special_tokens_map.json}. */
  static String specialTokensMap(ObjectNode tokenizer) {
    return Json.text(specialTokens(tokenizer));
  }

  private static ObjectNode specialTokens(ObjectNode tokenizer) {
    List<String> added = tokenizer.path("added_tokens").findValuesAsText("content");
    ObjectNode roles = Json.MAPPER.createObjectNode();
    SPECIAL_TOKENS.forEach(
        (role, names) ->
            names.stream().filter(added::contains).findFirst().ifPresent(n -> roles.put(role, n)));
    return roles;
  }
}
