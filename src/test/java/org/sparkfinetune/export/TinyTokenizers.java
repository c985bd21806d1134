package org.sparkfinetune.export;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.sparkfinetune.tokenize.ByteLevelBpe;
import org.sparkfinetune.tokenize.TokenizerSettings;
import org.sparkfinetune.tokenize.TokenizerSettings.Normalization;
import org.sparkfinetune.tokenize.TokenizerSettings.Role;

/** A {@code tokenizer.json} of each family's kind, over fewer tokens than the tiny goldens have. */
final class TinyTokenizers {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Path RESOURCES = Path.of("src/test/resources/org/sparkfinetune");
  private static final String LETTERS = "abcdefghijklmnopqrstuvwxyz!";

  private TinyTokenizers() {}

  /**
   * The tokenizer of a golden's family.
   *
   * @param golden a name of {@link org.sparkfinetune.TestGoldens#families}
   * @param padTokenId the id that the model pads with
   */
  static String of(String golden, int padTokenId) throws IOException {
    List<String> ofRoberta = List.of("<s>", "<pad>", "</s>", "<unk>");
    List<String> ofAlbert = List.of("[PAD]", "[CLS]", "[SEP]", "[UNK]");
    return switch (golden.replaceFirst("^deberta-.*", "deberta")) {
      case "bert", "distilbert", "electra" ->
          Files.readString(RESOURCES.resolve("model/io/tiny-bert-classifier/tokenizer.json"));
      case "mpnet" -> Files.readString(RESOURCES.resolve("tokenize/mpnet/tokenizer.json"));
      case "roberta" -> byteLevelBpe(Map.of(), padTokenId, true);
      case "modernbert" ->
          byteLevelBpe(
              Map.of(
                  "cls_token", "[CLS]",
                  "sep_token", "[SEP]",
                  "pad_token", "[PAD]",
                  "unk_token", "[UNK]",
                  "mask_token", "[MASK]"),
              padTokenId,
              false);
      case "xlm-roberta", "camembert" -> unigram(ofRoberta, "<s>", "</s>", 0);
      case "albert", "deberta" -> unigram(ofAlbert, "[CLS]", "[SEP]", 1);
      default -> throw new IllegalArgumentException(golden + ": of which kind is its tokenizer?");
    };
  }

  private static String byteLevelBpe(
      Map<String, String> roles, int padTokenId, boolean addPrefixSpace) {
    Map<String, Integer> vocabulary = new LinkedHashMap<>();
    vocabulary.put(roles.getOrDefault("pad_token", "<pad>"), padTokenId);
    for (String token :
        List.of(
            roles.getOrDefault("cls_token", "<s>"),
            roles.getOrDefault("sep_token", "</s>"),
            roles.getOrDefault("unk_token", "<unk>"),
            roles.getOrDefault("mask_token", "<mask>"),
            "\u0120",
            "ca",
            "\u0120ca")) {
      put(vocabulary, token);
    }
    LETTERS.chars().forEach(letter -> put(vocabulary, Character.toString(letter)));
    Map<String, Optional<Role>> tokens = new HashMap<>();
    roles.forEach((role, text) -> tokens.put(role, Optional.of(new Role(text, Optional.empty()))));
    TokenizerSettings settings =
        new TokenizerSettings(
            ByteLevelBpe.TYPE,
            new Normalization(true, Optional.empty(), true),
            Optional.of(addPrefixSpace),
            Optional.empty(),
            false,
            tokens,
            List.of(),
            new TreeMap<>(),
            false,
            false,
            false);
    return ByteLevelBpe.toTokenizerJson(
        vocabulary, List.of("c a", "\u0120 ca"), settings, vocabulary.size());
  }

  private static void put(Map<String, Integer> vocabulary, String token) {
    int id = 0;
    while (vocabulary.containsValue(id)) {
      id++;
    }
    vocabulary.put(token, id);
  }

  private static String unigram(List<String> special, String start, String end, int secondType) {
    ObjectNode root = JSON.createObjectNode().put("version", "1.0");
    root.putNull("truncation").putNull("padding");
    ArrayNode added = root.putArray("added_tokens");
    for (int id = 0; id < special.size(); id++) {
      added.addObject().put("id", id).put("content", special.get(id)).put("special", true);
      for (String flag : List.of("single_word", "lstrip", "rstrip", "normalized")) {
        ((ObjectNode) added.get(id)).put(flag, false);
      }
    }
    root.putNull("normalizer");
    root.putObject("pre_tokenizer")
        .put("type", "Metaspace")
        .put("replacement", "\u2581")
        .put("prepend_scheme", "always")
        .put("split", true);
    ObjectNode processor = root.putObject("post_processor").put("type", "TemplateProcessing");
    ArrayNode single = processor.putArray("single");
    part(single, "SpecialToken", start, 0);
    part(single, "Sequence", "A", 0);
    part(single, "SpecialToken", end, 0);
    ArrayNode pair = processor.putArray("pair").addAll(single);
    part(pair, "Sequence", "B", secondType);
    part(pair, "SpecialToken", end, secondType);
    ObjectNode tokens = processor.putObject("special_tokens");
    for (String token : List.of(start, end)) {
      ObjectNode ids = tokens.putObject(token).put("id", token);
      ids.putArray("ids").add(special.indexOf(token));
      ids.putArray("tokens").add(token);
    }
    root.putNull("decoder");
    ObjectNode model = root.putObject("model").put("type", "Unigram").put("unk_id", 3);
    model.put("byte_fallback", false);
    ArrayNode vocabulary = model.putArray("vocab");
    special.forEach(token -> vocabulary.addArray().add(token).add(0));
    vocabulary.addArray().add("\u2581").add(-2.0);
    vocabulary.addArray().add("\u2581ca").add(-3.0);
    LETTERS
        .chars()
        .forEach(letter -> vocabulary.addArray().add(Character.toString(letter)).add(-4.0));
    return root.toString();
  }

  private static void part(ArrayNode template, String kind, String id, int type) {
    template.addObject().putObject(kind).put("id", id).put("type_id", type);
  }
}
