package org.sparkfinetune.tokenize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.sparkfinetune.UserException;

class TokenizerSummaryTest {
  @Test
  void wordPieceThatLowerCases() {
    TokenizerSummary summary = TokenizerSummary.of(EmbeddedTokenizer.JSON);

    assertThat(summary.model()).isEqualTo("WordPiece");
    assertThat(summary.byteLevel()).isFalse();
    assertThat(summary.vocabSize()).isEqualTo(30522);
    assertThat(summary.lowerCases()).isTrue();
    assertThat(summary.specialTokens())
        .containsEntry("[PAD]", 0)
        .containsEntry("[CLS]", 101)
        .hasSize(5);
  }

  @Test
  void byteLevelBpeThatDoesNot() {
    TokenizerSummary summary =
        TokenizerSummary.of(
            """
            {"added_tokens": [{"id": 0, "content": "<s>", "special": true},
                              {"id": 4, "content": "word", "special": false}],
             "normalizer": null,
             "pre_tokenizer": {"type": "Sequence", "pretokenizers": [{"type": "ByteLevel"}]},
             "model": {"type": "BPE", "vocab": {"<s>": 0, "a": 1, "b": 2, "ab": 3}, "merges": []}}
            """);

    assertThat(summary.model()).isEqualTo("BPE");
    assertThat(summary.byteLevel()).isTrue();
    assertThat(summary.vocabSize()).isEqualTo(5);
    assertThat(summary.lowerCases()).isFalse();
    assertThat(summary.specialTokens()).containsOnlyKeys("<s>");
  }

  @Test
  void lowercaseWithinASequenceCounts() {
    TokenizerSummary summary =
        TokenizerSummary.of(
            """
            {"normalizer": {"type": "Sequence", "normalizers": [{"type": "NFKD"}, {"type": "Lowercase"}]},
             "model": {"type": "Unigram", "unk_id": 0, "vocab": [["<unk>", 0], ["a", -1.5]]}}
            """);

    assertThat(summary.lowerCases()).isTrue();
    assertThat(summary.vocabSize()).isEqualTo(2);
  }

  @Test
  void refusesWhatIsNoTokenizer() {
    assertThatThrownBy(() -> TokenizerSummary.of("{}"))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("it has no model with a vocab");
  }
}
