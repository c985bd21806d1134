package org.sparkfinetune.tokenize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.sparkfinetune.UserException;

class VocabTxtTest {
  /**
   * As with a model that has a vector for each line and no more: [MASK] and [PAD] may be missing.
   */
  private static String toTokenizerJson(String vocabTxt) {
    return VocabTxt.toTokenizerJson(
        vocabTxt, TokenizerSettings.of(VocabTxt.type(vocabTxt)), (int) vocabTxt.lines().count());
  }

  @Test
  void isTheTokenizerJsonOfTheSameVocabulary() throws Exception {
    ObjectNode expected = EmbeddedTokenizer.tree();
    expected.putNull("truncation").putNull("padding");
    String json = toTokenizerJson(EmbeddedTokenizer.vocabTxt());
    assertThat(new ObjectMapper().readTree(json)).isEqualTo(expected);
  }

  /** The golden is of tools/goldens/vocabularies.py. */
  @Test
  void isMpnetsTokenizerJsonWhereTheVocabularyIsMpnets() throws Exception {
    String vocab;
    JsonNode expected;
    try (InputStream text = getClass().getResourceAsStream("mpnet/vocab.txt");
        InputStream json = getClass().getResourceAsStream("mpnet/tokenizer.json")) {
      vocab = new String(text.readAllBytes(), StandardCharsets.UTF_8);
      expected = new ObjectMapper().readTree(json);
    }
    assertThat(new ObjectMapper().readTree(toTokenizerJson(vocab))).isEqualTo(expected);
  }

  @Test
  void lineEndsOfWindowsAreNoPartOfTokens() {
    String json = toTokenizerJson("[PAD]\r\n[UNK]\r\n[CLS]\r\n[SEP]\r\nhello\r\n");
    try (TextTokenizer tokenizer = TextTokenizer.of(json, 8)) {
      assertThat(tokenizer.encode(List.of("Hello you")).get(0).inputIds())
          .containsExactly(2, 4, 1, 3);
    }
  }

  @Test
  void ofATokenOnTwoLinesTheLaterCounts() {
    String json = toTokenizerJson("a\n[UNK]\n[CLS]\n[SEP]\na\n");
    try (TextTokenizer tokenizer = TextTokenizer.of(json, 8)) {
      assertThat(tokenizer.encode(List.of("a")).get(0).inputIds()).containsExactly(2, 4, 3);
      assertThat(tokenizer.vocabSize()).isEqualTo(5);
      assertThat(tokenizer.padTokenId())
          .as("the next after 4 tokens, as in transformers")
          .isEqualTo(4);
    }
  }

  @Test
  void aFileWithoutTheSpecialTokensIsRefused() {
    assertThatThrownBy(() -> toTokenizerJson("a\nb\n[UNK]\n"))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "vocab.txt (3 tokens) has no [CLS], [SEP]. Expected a WordPiece vocabulary: one token a"
                + " line, [UNK], [CLS], [SEP] among them.");
  }
}
