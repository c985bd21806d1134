package io.sparkfinetune.model.io;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkfinetune.UserException;
import io.sparkfinetune.config.OneLine;
import io.sparkfinetune.tokenize.ByteLevelBpe;
import io.sparkfinetune.tokenize.VocabTxt;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.Path;

/** A tokenizer's files in a Hugging Face folder. */
final class TokenizerFiles {
  static final String TOKENIZER = "tokenizer.json";
  static final String TOKENIZER_CONFIG = "tokenizer_config.json";
  static final String SPECIAL_TOKENS_MAP = "special_tokens_map.json";
  private static final String VOCAB = "vocab.txt";
  private static final String BPE_VOCAB = "vocab.json";
  private static final String BPE_MERGES = "merges.txt";
  private static final String ADDED_TOKENS = "added_tokens.json";

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
   * The text of {@code tokenizer.json}; where there is none, one made from {@code vocab.txt}
   * (WordPiece) or {@code vocab.json} and {@code merges.txt} (byte-level BPE) with the settings of
   * {@code tokenizer_config.json}, and the family's defaults where that is missing too.
   */
  static String read(Path folder, Configuration hadoop) throws IOException {
    List<String> names = HadoopFiles.names(folder, hadoop);
    if (names.contains(TOKENIZER)) {
      return text(folder, TOKENIZER, hadoop);
    }
    if (names.contains(VOCAB)) {
      ObjectNode settings = optional(folder, TOKENIZER_CONFIG, names, hadoop);
      JsonNode stripAccents = settings.path("strip_accents");
      return VocabTxt.toTokenizerJson(
          text(folder, VOCAB, hadoop),
          settings.path("do_lower_case").asBoolean(true),
          stripAccents.isBoolean() ? Optional.of(stripAccents.asBoolean()) : Optional.empty(),
          settings.path("tokenize_chinese_chars").asBoolean(true));
    }
    if (names.contains(BPE_VOCAB) && names.contains(BPE_MERGES)) {
      return byteLevelBpe(folder, names, hadoop);
    }
    throw missing(folder, names);
  }

  private static String byteLevelBpe(Path folder, List<String> names, Configuration hadoop)
      throws IOException {
    ObjectNode settings = optional(folder, TOKENIZER_CONFIG, names, hadoop);
    Map<String, Integer> added = ids(optional(folder, ADDED_TOKENS, names, hadoop));
    // Newer folders list them in tokenizer_config.json, by id.
    settings
        .path("added_tokens_decoder")
        .fields()
        .forEachRemaining(
            e -> added.put(e.getValue().path("content").asText(), addedId(e.getKey(), folder)));
    Map<String, String> roles = new LinkedHashMap<>();
    ObjectNode map = optional(folder, SPECIAL_TOKENS_MAP, names, hadoop);
    for (JsonNode source : List.of(settings, map)) {
      source
          .fields()
          .forEachRemaining(
              e -> {
                // A text, or an object that has it in "content".
                JsonNode token = e.getValue();
                String text = token.path("content").asText(token.asText());
                if (e.getKey().endsWith("_token") && !text.isEmpty() && !token.isBoolean()) {
                  roles.put(e.getKey(), text);
                }
              });
    }
    return ByteLevelBpe.toTokenizerJson(
        ids(optional(folder, BPE_VOCAB, names, hadoop)),
        ByteLevelBpe.readMerges(text(folder, BPE_MERGES, hadoop)),
        added,
        new ByteLevelBpe.Settings(settings.path("add_prefix_space").asBoolean(false), roles));
  }

  private static int addedId(String key, Path folder) {
    try {
      return Integer.parseInt(key);
    } catch (NumberFormatException e) {
      throw new UserException(
          new Path(folder, TOKENIZER_CONFIG)
              + ": added_tokens_decoder has the key '"
              + OneLine.of(key)
              + "': expected the id of a token, a whole number",
          e);
    }
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
              + "), which is not read. Convert it once, in the folder of the Hugging Face checkpoint:"
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
            + " from where the checkpoint came from.");
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
