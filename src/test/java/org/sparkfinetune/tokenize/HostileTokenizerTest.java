package org.sparkfinetune.tokenize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.math.BigDecimal;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.sparkfinetune.UserException;

/** Each of these ended the JVM, never ended itself, or gave ids that no embedding has. */
class HostileTokenizerTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String REPLACE =
      "{\"type\":\"Replace\",\"pattern\":{\"%s\":\"%s\"},\"content\":\"%s\"}";

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "bert | /pre_tokenizer | {\"type\":\"FixedLength\",\"length\":0} | pre_tokenizer.length is 0, where a whole number from 1",
        "bert | /pre_tokenizer | {\"type\":\"FixedLength\",\"length\":-3} | pre_tokenizer.length is -3, where a whole",
        "bert | /pre_tokenizer | {\"type\":\"Shell\",\"run\":1} | pre_tokenizer.type is \"Shell\", no pre-tokenizer that this version knows. Known are BertPreTokenizer, ByteLevel",
        "bert | /normalizer/cased | true | it has the key normalizer.cased, which this version does not know. Known are clean_text",
        "bert | /normalizr | {} | it has the key normalizr, which",
        "bert | /normalizer | {\"type\":\"Precompiled\",\"precompiled_charsmap\":\"\"} | normalizer.precompiled_charsmap is \"\", where SentencePiece's map",
        "bert | /normalizer | {\"type\":\"Precompiled\",\"precompiled_charsmap\":null} | normalizer.precompiled_charsmap is null, where a text belongs",
        "bert | /normalizer | {\"type\":\"Precompiled\",\"precompiled_charsmap\":\"a b\"} | is \"a b\", where Base64 belongs",
        "bert | /normalizer | {\"type\":\"Precompiled\",\"precompiled_charsmap\":\"/////2E=\"} | is no map of characters: its trie has 4,294,967,295 bytes of 1",
        "bert | /normalizer | {\"type\":\"Precompiled\",\"precompiled_charsmap\":\"BAAAAAAAAABh\"} | is no map of characters: its trie of 1 units leads to unit",
        "bert | /model/max_input_chars_per_word | 1000000 | model.max_input_chars_per_word is 1000000, where a whole number from 1 to 1000",
        "bert | /model/continuing_subword_prefix | 7 | model.continuing_subword_prefix is 7, where a text belongs",
        "bert | /model/unk_token | \"none\" | its model has no unk_token \"none\" in the vocab",
        "bert | /model/vocab/a | -1 | model.vocab.a is -1, where a whole number from 0 to 16777215",
        "bert | /model/vocab/a | 4294967295 | model.vocab.a is 4294967295, where a whole number",
        "bert | /model/vocab/a | 2147483647 | model.vocab.a is 2147483647, where",
        "bert | /model/vocab/a | 1.5 | model.vocab.a is 1.5, where",
        "bert | /model/vocab/a | \"1\" | model.vocab.a is \"1\", where",
        "bert | /added_tokens/0/id | 4294967295 | added_tokens[0].id is 4294967295, where a whole number from 0",
        "bert | /added_tokens/0/id | 3 | added_tokens[0].id is 3, and the id of [PAD] is 0 in the vocabulary",
        "bert | /added_tokens/0/lstrip | null | added_tokens[0].lstrip is null, where true or false belongs",
        "bert | /post_processor/special_tokens/[CLS]/ids/0 | 150 | is 150, where an id of the vocabulary belongs (0 to 149)",
        "bert | /post_processor/special_tokens/[CLS]/ids/0 | 5 | is 5, and the id of [CLS] is 2",
        "bert | /post_processor/special_tokens/[CLS]/ids | [] | ids is [], where an array of ids belongs",
        "bert | /post_processor/special_tokens/[CLS]/ids | [2,3] | tokens is [\"[CLS]\"], where as many tokens as ids belong",
        "bert | /post_processor/single/0/SpecialToken/id | \"[NO]\" | single[0].SpecialToken.id is \"[NO]\", where a token of post_processor.special_tokens belongs",
        "bert | /post_processor/single/1/Sequence/id | \"B\" | post_processor.single is to have the sequence A once",
        "bert | /post_processor/pair/3/Sequence/id | \"A\" | post_processor.pair is to have the sequences A and B once",
        "bert | /padding | {\"strategy\":{\"Fixed\":-1},\"direction\":\"Right\",\"pad_to_multiple_of\":null,\"pad_id\":0,\"pad_type_id\":0,\"pad_token\":\"[PAD]\"} | padding.strategy.Fixed is -1, where",
        "bert | /padding | {\"strategy\":\"BatchLongest\",\"direction\":\"Right\",\"pad_to_multiple_of\":null,\"pad_id\":4294967295,\"pad_type_id\":0,\"pad_token\":\"[PAD]\"} | padding.pad_id is 4294967295, where an id of the vocabulary",
        "bert | /truncation | {\"direction\":\"Up\",\"max_length\":5,\"strategy\":\"LongestFirst\",\"stride\":0} | truncation.direction is \"Up\", where one of [Left, Right] belongs",
        "roberta | /post_processor/sep/1 | 999999 | post_processor.sep[1] is 999999, where an id",
        "roberta | /model/dropout | 0.1 | model.dropout is 0.1, where null belongs: the same text is to have the same tokens each time",
        "roberta | /model/continuing_subword_prefix | \"######\" | model.merges[0] is",
        "roberta | /model/merges/0 | [\"a\",\"nothing\"] | model.merges[0] is [\"a\",\"nothing\"], where two tokens of model.vocab belong",
        "roberta | /model/unk_token | \"none\" | its model has no unk_token",
        "xlm-roberta | /model/unk_id | null | model.unk_id is null, where a whole number from 0",
        "xlm-roberta | /model/vocab/0/1 | 1e999 | model.vocab[0] is",
        "xlm-roberta | /model/vocab/0 | [\"a\"] | model.vocab[0] is [\"a\"], where a token and its score belong",
        "xlm-roberta | /model/vocab | [] | model.vocab is [], where tokens belong",
        "xlm-roberta | /model/vocab | {\"a\":0} | model.vocab is",
      })
  void isRefusedWithItsKeyAndValue(String kind, String pointer, String value, String message)
      throws Exception {
    ObjectNode root = TokenizerKinds.tree(kind);
    assertRefused(put(root, pointer, value), message);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "(a+)+b",
        "(a|aa)+b",
        "(a|a)*b",
        "(?:a*)*b",
        "a*a*a*b",
        "\\\\w+\\\\s*\\\\w+\\\\s*x",
        "(x?y?){50}z",
        "a?a?a?a?a?a?a?a?a?a?a?a?b",
        "((a{1000}){1000}){1000}",
        "(a)\\\\1+",
        "(?<x>a\\\\g<x>?b)",
        "(?~a)",
        "(*FAIL)",
        "(?<=a{1,500})b",
        "[]a]",
        "(",
        "a)",
        "a**",
        "a{2}{3}"
      })
  void aPatternThatMayNeverEndIsRefused(String regex) throws Exception {
    ObjectNode root = TokenizerKinds.tree("bert");
    String split =
        "{\"type\":\"Split\",\"pattern\":{\"Regex\":\"%s\"},\"behavior\":\"Isolated\",\"invert\":false}";
    assertRefused(
        put(root, "/pre_tokenizer", split.formatted(regex)), "pre_tokenizer.pattern.Regex is");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\\\\s+",
        " {2,}",
        "[\\\\r\\\\n\\\\t]",
        " ?[^(\\\\s|[.,!?\\u2026\\u3002])]+",
        "[0-9][0-9][0-9]",
        "\\\\p{N}{1,3}(?=(?:\\\\p{N}{3})*\\\\b)",
        "(?=(\\\\d{3})+(?!\\\\d))",
        "(\\\\[[^\\\\]]+]|Br?|Cl?|N|O|S|\\\\(|\\\\)|\\\\.|=|#|%[0-9]{2}|[0-9])",
        "https?://\\\\S+|\\\\w+@\\\\w+\\\\.\\\\w+",
        "[!\\\"#$%&'()*+,\\\\-./:;<=>?@\\\\[\\\\\\\\\\\\]^_`{|}~][A-Za-z]+|[^\\\\r\\\\n\\\\p{L}\\\\p{P}\\\\p{S}]?[\\\\p{L}\\\\p{M}]+| ?[\\\\p{P}\\\\p{S}]+[\\\\r\\\\n]*|\\\\s*[\\\\r\\\\n]+|\\\\s+(?!\\\\S)|\\\\s+",
        "<\\\\|startoftext\\\\|>|[\\\\p{L}]+|[\\\\p{N}]|[^\\\\s\\\\p{L}\\\\p{N}]+",
        ""
      })
  void aPatternOfPublicModelsIsRun(String regex) throws Exception {
    ObjectNode root = TokenizerKinds.tree("bert");
    String split =
        "{\"type\":\"Split\",\"pattern\":{\"Regex\":\"%s\"},\"behavior\":\"Isolated\",\"invert\":false}";
    put(root, "/pre_tokenizer", split.formatted(regex));
    try (TextTokenizer tokenizer = TextTokenizer.of(root.toString(), 16)) {
      List<String> texts =
          List.of("my card a@b.c 1234567 \n[x", " ".repeat(50_000), "a".repeat(50_000));
      assertThat(tokenizer.encode(texts)).hasSize(3);
    }
  }

  @Test
  void whatGrowsATextOrMatchesNothingInItIsRefused() throws Exception {
    for (String empty : List.of("x*", "^", "(?=a)", "")) {
      ObjectNode root = TokenizerKinds.tree("bert");
      put(root, "/normalizer", REPLACE.formatted("Regex", empty, "b"));
      assertRefused(root, "a pattern with matches of no character");
    }
    ObjectNode root = TokenizerKinds.tree("bert");
    assertRefused(
        put(root, "/normalizer", REPLACE.formatted("String", "", "b")),
        "normalizer.pattern.String is \"\", where one character or more belongs");
    assertRefused(
        put(root, "/normalizer", REPLACE.formatted("String", "a", "b".repeat(65))),
        "may make a text over 64 times as long");
    String twice =
        "{\"type\":\"Sequence\",\"normalizers\":["
            + (REPLACE.formatted("String", "a", "aa") + ",").repeat(6)
            + REPLACE.formatted("String", "a", "aa")
            + "]}";
    assertRefused(put(root, "/normalizer", twice), "may make a text over 64 times as long");
  }

  @Test
  void deepLargeAndRepeatedJsonIsRefusedOrReadOnce() throws Exception {
    String deep = "{\"model\":" + "[".repeat(100_000);
    assertThatThrownBy(() -> TextTokenizer.of(deep, 8))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("nesting depth");
    String many = "{\"model\":[" + "0,".repeat(6_000_001) + "0]}";
    assertThatThrownBy(() -> TextTokenizer.of(many, 8))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("6,000,000 are the most");
    String text = TokenizerKinds.json("bert");
    // The second of two counts, and native code is not given the first.
    String twice =
        "{\"pre_tokenizer\":{\"type\":\"FixedLength\",\"length\":0}," + text.strip().substring(1);
    try (TextTokenizer tokenizer = TextTokenizer.of(twice, 8)) {
      assertThat(tokenizer.encode(List.of("my"))).hasSize(1);
    }
    assertThatThrownBy(() -> TextTokenizer.of(text + "{}", 8))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("it is not JSON");
  }

  @Test
  void aTokenOfTwentyThousandCharactersIsRefused() throws Exception {
    String token = "a".repeat(20_000);
    for (String kind : List.of("bert", "xlm-roberta")) {
      ObjectNode root = TokenizerKinds.tree(kind);
      JsonNode vocab = root.at("/model/vocab");
      if (vocab.isArray()) {
        ((ArrayNode) vocab).addArray().add(token).add(-1);
      } else {
        ((ObjectNode) vocab).put(token, vocab.size());
      }
      assertRefused(root, "model.vocab has a token of 20,000 bytes");
    }
  }

  @Test
  void addedTokensThatTheNormalizerOrEachOtherLeaveNothingOfAreRefused() throws Exception {
    ObjectNode root = TokenizerKinds.tree("bert");
    add(root, "\u0301", true, false, false);
    assertRefused(root, "its normalizer leaves nothing of the added token");

    ObjectNode stripping = TokenizerKinds.tree("bert");
    add(stripping, "x", false, false, true);
    add(stripping, " ", false, true, false);
    assertRefused(stripping, "begins with a space and strips those before it");
  }

  @Test
  void anAddedTokenWithAnIdThatNativeCodeWouldNotGiveItIsRefused() throws Exception {
    ObjectNode root = TokenizerKinds.tree("bert");
    add(root, "new", false, false, false);
    ((ObjectNode) root.at("/added_tokens/" + (root.get("added_tokens").size() - 1)))
        .put("id", 1_000);
    assertRefused(root, "the id of new is 150 by its place after the vocabulary");
  }

  @Test
  void ofAVeryLongTextTheSideIsReadThatTruncationKeeps() throws Exception {
    // Of texts that may grow to 64 times their length, 32,768 characters are read.
    String text = "my " + "card ".repeat(8_000) + "was";
    ObjectNode left = TokenizerKinds.tree("bert");
    put(
        left,
        "/truncation",
        "{\"direction\":\"Left\",\"max_length\":5,\"strategy\":\"LongestFirst\",\"stride\":0}");
    for (ObjectNode root : List.of(TokenizerKinds.tree("bert"), left)) {
      put(root, "/normalizer", REPLACE.formatted("String", "Q", "q".repeat(64)));
      try (TextTokenizer tokenizer = TextTokenizer.of(root.toString(), 512)) {
        String side = root == left ? "card ".repeat(600) + "was" : "my " + "card ".repeat(600);
        Encoding expected = tokenizer.encode(List.of(side)).get(0);
        Encoding encoding = tokenizer.encode(List.of(text)).get(0);
        assertThat(encoding.inputIds()).hasSize(512).isEqualTo(expected.inputIds());
        assertThat(encoding.truncated()).isTrue();
      }
    }
  }

  @Test
  void aTextThatIsCutCountsAsTruncatedThoughItsTokensAreFew() throws Exception {
    try (TextTokenizer tokenizer = TextTokenizer.of(TokenizerKinds.json("bert"), 16)) {
      Encoding encoding = tokenizer.encode(List.of(" ".repeat((1 << 21) + 1))).get(0);
      assertThat(encoding.inputIds()).hasSize(2);
      assertThat(encoding.truncated()).isTrue();
    }
  }

  private static void add(
      ObjectNode root, String content, boolean normalized, boolean left, boolean right) {
    ArrayNode tokens = (ArrayNode) root.get("added_tokens");
    int last = tokens.get(tokens.size() - 1).get("id").intValue();
    int id = Math.max(last + 1, root.at("/model/vocab").size());
    tokens
        .addObject()
        .put("id", id)
        .put("content", content)
        .put("single_word", false)
        .put("lstrip", left)
        .put("rstrip", right)
        .put("normalized", normalized)
        .put("special", false);
  }

  /** Sets the value at a JSON pointer. */
  private static ObjectNode put(ObjectNode root, String pointer, String value) throws IOException {
    int slash = pointer.lastIndexOf('/');
    JsonNode parent = root.at(pointer.substring(0, slash));
    String key = pointer.substring(slash + 1);
    JsonNode node =
        value.equals("1e999")
            ? JSON.getNodeFactory().numberNode(new BigDecimal(value))
            : JSON.readTree(value);
    if (parent.isArray()) {
      ((ArrayNode) parent).set(Integer.parseInt(key), node);
    } else {
      ((ObjectNode) parent).set(key, node);
    }
    return root;
  }

  private static void assertRefused(JsonNode root, String message) {
    assertThatThrownBy(() -> TextTokenizer.of(root.toString(), 64).close())
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith("The tokenizer cannot be read: ")
        .hasMessageContaining(message)
        .satisfies(e -> assertThat(e.getMessage()).hasSizeLessThan(600).doesNotContain("\n"));
  }
}
