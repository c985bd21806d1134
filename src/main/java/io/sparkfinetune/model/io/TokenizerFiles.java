package io.sparkfinetune.model.io;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkfinetune.UserException;
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
   * The text of {@code tokenizer.json}, or one made from {@code vocab.txt} with the settings of
   * {@code tokenizer_config.json}; where that is missing too, with BertTokenizer's defaults.
   */
  static String read(Path folder, Configuration hadoop) throws IOException {
    Path tokenizer = new Path(folder, TOKENIZER);
    if (HadoopFiles.exists(tokenizer, hadoop)) {
      return HadoopFiles.readText(tokenizer, hadoop);
    }
    Path vocab = new Path(folder, VOCAB);
    if (!HadoopFiles.exists(vocab, hadoop)) {
      throw new UserException(
          folder
              + ": no tokenizer: neither "
              + TOKENIZER
              + " nor "
              + VOCAB
              + " is there. It has: "
              + String.join(", ", HadoopFiles.names(folder, hadoop))
              + ". Copy "
              + TOKENIZER
              + " from where the checkpoint came from.");
    }
    Path settingsFile = new Path(folder, TOKENIZER_CONFIG);
    ObjectNode settings =
        HadoopFiles.exists(settingsFile, hadoop)
            ? Json.object(HadoopFiles.readText(settingsFile, hadoop), settingsFile.toString())
            : Json.MAPPER.createObjectNode();
    JsonNode stripAccents = settings.path("strip_accents");
    return VocabTxt.toTokenizerJson(
        HadoopFiles.readText(vocab, hadoop),
        settings.path("do_lower_case").asBoolean(true),
        stripAccents.isBoolean() ? Optional.of(stripAccents.asBoolean()) : Optional.empty(),
        settings.path("tokenize_chinese_chars").asBoolean(true));
  }

  /**
   * The text of a {@code tokenizer_config.json}. It repeats the normaliser's settings, since
   * transformers' BertTokenizer overrides those in {@code tokenizer.json} with its own.
   */
  static String tokenizerConfig(ObjectNode tokenizer, ObjectNode config) {
    ObjectNode settings = Json.MAPPER.createObjectNode();
    JsonNode normalizer = tokenizer.path("normalizer");
    boolean bert = normalizer.path("type").asText().equals("BertNormalizer");
    if (bert) {
      settings
          .put("do_lower_case", normalizer.path("lowercase").asBoolean(true))
          .put("tokenize_chinese_chars", normalizer.path("handle_chinese_chars").asBoolean(true))
          .set("strip_accents", normalizer.path("strip_accents"));
    }
    if (config.has("max_position_embeddings")) {
      settings.set("model_max_length", config.get("max_position_embeddings"));
    }
    settings.put("tokenizer_class", bert ? "BertTokenizer" : "PreTrainedTokenizerFast");
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
