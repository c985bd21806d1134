package io.sparkfinetune.tokenize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkfinetune.UserException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class VocabTxtTest {
  @Test
  void isTheTokenizerJsonOfTheSameVocabulary() throws Exception {
    ObjectNode expected = EmbeddedTokenizer.tree();
    expected.putNull("truncation").putNull("padding");
    String json =
        VocabTxt.toTokenizerJson(EmbeddedTokenizer.vocabTxt(), true, Optional.empty(), true);
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
    assertThat(
            new ObjectMapper()
                .readTree(VocabTxt.toTokenizerJson(vocab, true, Optional.empty(), true)))
        .isEqualTo(expected);
  }

  @Test
  void lineEndsOfWindowsAreNoPartOfTokens() {
    String json =
        VocabTxt.toTokenizerJson(
            "[PAD]\r\n[UNK]\r\n[CLS]\r\n[SEP]\r\nhello\r\n", true, Optional.empty(), true);
    try (TextTokenizer tokenizer = TextTokenizer.of(json, 8)) {
      assertThat(tokenizer.encode(List.of("Hello you")).get(0).inputIds())
          .containsExactly(2, 4, 1, 3);
    }
  }

  @Test
  void ofATokenOnTwoLinesTheLaterCounts() {
    String json =
        VocabTxt.toTokenizerJson("a\n[UNK]\n[CLS]\n[SEP]\na\n", true, Optional.empty(), true);
    try (TextTokenizer tokenizer = TextTokenizer.of(json, 8)) {
      assertThat(tokenizer.encode(List.of("a")).get(0).inputIds()).containsExactly(2, 4, 3);
      assertThat(tokenizer.vocabSize()).isEqualTo(5);
      assertThat(tokenizer.padTokenId()).as("without [PAD]").isZero();
    }
  }

  @Test
  void aFileWithoutTheSpecialTokensIsRefused() {
    assertThatThrownBy(
            () -> VocabTxt.toTokenizerJson("a\nb\n[UNK]\n", true, Optional.empty(), true))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "vocab.txt (3 tokens) has no [CLS], [SEP]. Expected a WordPiece vocabulary: one token a"
                + " line, [UNK], [CLS], [SEP] among them.");
  }
}
