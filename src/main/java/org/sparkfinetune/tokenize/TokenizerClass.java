package org.sparkfinetune.tokenize;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A tokenizer class of transformers, by what it puts over its files. Only these are known: any
 * other may do more to a text than its {@code tokenizer.json} says.
 *
 * @param name as in {@code tokenizer_class}, without the ending {@code Fast}
 * @param kind what it does
 * @param tokenTypes whether it gives {@code token_type_ids} unless {@code model_input_names} says
 * @param roles its special tokens by role, where nothing names others
 */
public record TokenizerClass(
    String name, Kind kind, boolean tokenTypes, Map<String, String> roles) {
  /** What classes do to a {@code tokenizer.json}. */
  public enum Kind {
    /** Take it as it is. */
    GENERIC,
    /** Put {@code do_lower_case}, {@code strip_accents}, {@code tokenize_chinese_chars} over it. */
    BERT,
    /** The first two of them. */
    MPNET,
    /** Take it as it is; made of {@code vocab.json} and {@code merges.txt} where it is missing. */
    ROBERTA,
    /** Put {@code add_bos_token} and {@code add_eos_token} over its post-processor. */
    LLAMA
  }

  /** The roles of special tokens, in the order in which transformers adds them. */
  public static final List<String> ROLES =
      List.of(
          "bos_token",
          "eos_token",
          "unk_token",
          "sep_token",
          "pad_token",
          "cls_token",
          "mask_token");

  private static final String FAST = "Fast";
  private static final String MASK = "mask_token";

  /** The class that is for {@code tokenizer.json} alone, and the one that transformers 5 writes. */
  private static final Set<String> GENERIC = Set.of("PreTrainedTokenizer", "TokenizersBackend");

  /** Classes whose mask is found in normalized texts. */
  private static final Set<String> NORMALIZED_MASK = Set.of("Bart", "LED");

  private static final String[] BERTS = {"[UNK]", "[SEP]", "[PAD]", "[CLS]", "[MASK]"};
  private static final String[] ROBERTAS = {
    "<s>", "</s>", "<unk>", "</s>", "<pad>", "<s>", "<mask>"
  };
  private static final String[] DEBERTAS = {
    "[CLS]", "[SEP]", "[UNK]", "[SEP]", "[PAD]", "[CLS]", "[MASK]"
  };

  private static final Map<String, TokenizerClass> KNOWN = new LinkedHashMap<>();

  static {
    for (String name :
        List.of(
            "Bert",
            "Electra",
            "ConvBert",
            "MobileBert",
            "SqueezeBert",
            "LayoutLM",
            "Lxmert",
            "DPRContextEncoder",
            "DPRQuestionEncoder")) {
      put(name, Kind.BERT, true, BERTS);
    }
    put("DistilBert", Kind.BERT, false, BERTS);
    put("MPNet", Kind.MPNET, false, "<s>", "</s>", "[UNK]", "</s>", "<pad>", "<s>", "<mask>");
    for (String name : List.of("Roberta", "Longformer", "Bart", "LED")) {
      put(name, Kind.ROBERTA, false, ROBERTAS);
    }
    put("XLMRoberta", Kind.GENERIC, false, ROBERTAS);
    put("Camembert", Kind.GENERIC, false, ROBERTAS);
    put(
        "Albert",
        Kind.GENERIC,
        true,
        "[CLS]",
        "[SEP]",
        "<unk>",
        "[SEP]",
        "<pad>",
        "[CLS]",
        "[MASK]");
    put("Deberta", Kind.GENERIC, true, DEBERTAS);
    put("DebertaV2", Kind.GENERIC, true, DEBERTAS);
    put("Herbert", Kind.GENERIC, true, "<unk>", "</s>", "<pad>", "<s>", "<mask>");
    put("Llama", Kind.LLAMA, false, "<s>", "</s>", "<unk>", null, null, null, null);
    put("Gemma", Kind.LLAMA, false, "<bos>", "<eos>", "<unk>", null, "<pad>", null, null);
    for (String name : GENERIC) {
      KNOWN.put(name, new TokenizerClass(name, Kind.GENERIC, true, Map.of()));
    }
  }

  /** The classes that a {@code config.json} without {@code tokenizer_class} stands for. */
  private static final Map<String, String> BY_MODEL_TYPE =
      Map.of(
          "albert", "AlbertTokenizer",
          "bert", "BertTokenizer",
          "camembert", "CamembertTokenizer",
          "deberta-v2", "DebertaV2Tokenizer",
          "distilbert", "DistilBertTokenizer",
          "electra", "ElectraTokenizer",
          "modernbert", "PreTrainedTokenizer",
          "mpnet", "MPNetTokenizer",
          "roberta", "RobertaTokenizer",
          "xlm-roberta", "XLMRobertaTokenizer");

  /** The class of a tokenizer that nothing names one for. */
  public static TokenizerClass generic() {
    return KNOWN.get("PreTrainedTokenizer");
  }

  /**
   * A class by its name, with or without {@code Fast}: transformers takes the fast one of both.
   *
   * @return empty for one that is not known
   */
  public static Optional<TokenizerClass> named(String name) {
    return Optional.ofNullable(
        KNOWN.get(name.endsWith(FAST) ? name.substring(0, name.length() - FAST.length()) : name));
  }

  /** The class that transformers takes for a model when nothing names one. */
  public static Optional<TokenizerClass> ofModelType(String modelType) {
    return Optional.ofNullable(BY_MODEL_TYPE.get(modelType)).flatMap(TokenizerClass::named);
  }

  /** The names of the classes that make a tokenizer of a vocabulary. */
  public static List<String> names(List<Kind> kinds) {
    return KNOWN.values().stream()
        .filter(known -> kinds.contains(known.kind()))
        .map(TokenizerClass::name)
        .toList();
  }

  /** What tokens it adds that no file names: those of CamemBERT's first training. */
  List<String> additionalSpecialTokens() {
    return name.equals("CamembertTokenizer")
        ? List.of("<s>NOTUSED", "</s>NOTUSED", "<unk>NOTUSED")
        : List.of();
  }

  /**
   * The special token of a role that is given by its text alone.
   *
   * @param fromVocabulary whether the tokenizer is made of a vocabulary, for which transformers
   *     asks the slow class of the same name
   * @return empty when it is one that is added only where the text is no added token yet
   */
  Optional<AddedToken> token(String role, String text, boolean fromVocabulary) {
    String stem = name.replace("Tokenizer", "");
    boolean mask = role.equals(MASK);
    boolean wrapped =
        switch (kind) {
          case MPNET -> true;
          case ROBERTA -> mask || fromVocabulary;
          case GENERIC -> mask && Set.of("XLMRoberta", "Camembert", "Albert").contains(stem);
          default -> false;
        };
    if (!wrapped) {
      return Optional.empty();
    }
    boolean normalized =
        mask ? NORMALIZED_MASK.contains(stem) : kind == Kind.ROBERTA && fromVocabulary;
    return Optional.of(new AddedToken(text, false, mask, false, Optional.of(normalized), true));
  }

  /** Roles without text come last, or are null where one in the middle is missing. */
  private static void put(String stem, Kind kind, boolean tokenTypes, String... texts) {
    Map<String, String> roles = new LinkedHashMap<>();
    List<String> names = ROLES.subList(ROLES.size() - texts.length, ROLES.size());
    for (int i = 0; i < texts.length; i++) {
      if (texts[i] != null) {
        roles.put(names.get(i), texts[i]);
      }
    }
    String name = stem + "Tokenizer";
    KNOWN.put(name, new TokenizerClass(name, kind, tokenTypes, Map.copyOf(roles)));
  }
}
