package org.sparkfinetune.tokenize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.AbstractList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.sparkfinetune.UserException;

class TextTokenizerTest {
  private static final int CLS = 101;
  private static final int SEP = 102;
  private static final int A = 1037;

  private static TextTokenizer tokenizer;

  @BeforeAll
  static void build() {
    tokenizer = TextTokenizer.of(EmbeddedTokenizer.JSON, 8);
  }

  @AfterAll
  static void free() {
    tokenizer.close();
  }

  @Test
  void addsSpecialTokensAndNoPaddingThoughTheFilePadsTo128() {
    assertThat(tokenizer.encode(List.of("a", ""))).hasSize(2);
    assertThat(tokenizer.encode(List.of("a")).get(0).inputIds()).containsExactly(CLS, A, SEP);
    assertThat(tokenizer.encode(List.of("")).get(0).inputIds()).containsExactly(CLS, SEP);
  }

  @ParameterizedTest
  @CsvSource({"5,7,false", "6,8,false", "7,8,true", "100,8,true"})
  void aTextIsTruncatedFromOneTokenOverMaxLengthOn(int words, int length, boolean truncated) {
    Encoding encoding = tokenizer.encode(List.of("a ".repeat(words))).get(0);
    assertThat(encoding.inputIds()).hasSize(length).startsWith(CLS).endsWith(SEP);
    assertThat(encoding.truncated()).isEqualTo(truncated);
  }

  @Test
  void maxLengthMayExceedThatOfTheFile() {
    try (TextTokenizer longer = TextTokenizer.of(EmbeddedTokenizer.JSON, 300)) {
      Encoding encoding = longer.encode(List.of("a ".repeat(298))).get(0);
      assertThat(encoding.inputIds()).hasSize(300);
      assertThat(encoding.truncated()).isFalse();
    }
  }

  @Test
  void theFileSaysWhichSideIsCutOff() {
    ObjectNode json = EmbeddedTokenizer.tree();
    ((ObjectNode) json.get("truncation")).put("direction", "Left");
    try (TextTokenizer left = TextTokenizer.of(json.toString(), 4)) {
      assertThat(left.encode(List.of("the the the a a")).get(0))
          .satisfies(e -> assertThat(e.inputIds()).containsExactly(CLS, A, A, SEP))
          .satisfies(e -> assertThat(e.truncated()).isTrue());
    }
  }

  /** Who gets it closes the tokenizer: what still computed then would end the JVM. */
  @Test
  void nothingComputesAnyMoreWhenAnErrorAtATextIsThrown() {
    AtomicInteger computing = new AtomicInteger();
    List<String> texts =
        new AbstractList<>() {
          @Override
          public int size() {
            return 64;
          }

          @Override
          public String get(int index) {
            computing.incrementAndGet();
            try {
              // The others have begun when it fails, and are not done.
              Thread.sleep(index == 0 ? 20 : 60);
              return index == 0 ? null : "a";
            } catch (InterruptedException e) {
              throw new IllegalStateException(e);
            } finally {
              computing.decrementAndGet();
            }
          }
        };
    ForkJoinPool pool = new ForkJoinPool(4);
    try {
      assertThatThrownBy(
              () ->
                  pool.submit(
                          () -> {
                            try {
                              return tokenizer.encode(texts);
                            } finally {
                              assertThat(computing).hasValue(0);
                            }
                          })
                      .get())
          .rootCause()
          .isInstanceOf(NullPointerException.class)
          .hasMessage("text");
    } finally {
      pool.shutdownNow();
    }
  }

  @Test
  void keepsTheOrderOfManyTextsOverSeveralNativeCalls() {
    String document = "the ".repeat(100_000);
    List<String> texts =
        IntStream.range(0, 40).mapToObj(i -> i % 2 == 0 ? document : "a ".repeat(i % 7)).toList();
    List<Encoding> encodings = tokenizer.encode(texts);
    assertThat(encodings).hasSize(40);
    for (int i = 0; i < 40; i++) {
      assertThat(encodings.get(i).inputIds()).hasSize(i % 2 == 0 ? 8 : Math.min(8, i % 7 + 2));
      assertThat(encodings.get(i).truncated()).isEqualTo(i % 2 == 0);
    }
    assertThat(tokenizer.encode(List.of())).isEmpty();
  }

  @Test
  void anUnpairedSurrogateLeavesTheEmojiBesideItAlone() {
    int[] expected = tokenizer.encode(List.of("\uD83D\uDE00 a\uFFFD")).get(0).inputIds();
    assertThat(expected).containsExactly(CLS, 100, A, SEP);
    for (String text : List.of("\uD83D\uDE00 a\uD800", "\uD83D\uDE00 a\uDC00")) {
      assertThat(tokenizer.encode(List.of(text)).get(0).inputIds()).isEqualTo(expected);
    }
  }

  @Test
  void severalThreadsMayEncodeAtOnce() {
    List<Integer> lengths =
        IntStream.range(0, 400)
            .parallel()
            .mapToObj(i -> tokenizer.encode(List.of("a ".repeat(i % 6))).get(0).inputIds().length)
            .toList();
    assertThat(lengths).isEqualTo(IntStream.range(0, 400).mapToObj(i -> i % 6 + 2).toList());
  }

  @Test
  void knowsPadTokenAndVocabularySize() {
    assertThat(tokenizer.padTokenId()).isZero();
    assertThat(tokenizer.vocabSize()).isEqualTo(30_522);
  }

  @Test
  void padTokenComesFromTheFilesPaddingElseByNameElseIsZero() {
    ObjectNode json = EmbeddedTokenizer.tree();
    ((ObjectNode) json.get("padding")).put("pad_id", 7);
    assertThat(TokenizerJson.parse(json.toString()).padTokenId()).isEqualTo(7);

    json.putNull("padding");
    ((ObjectNode) json.get("added_tokens").get(0)).put("id", 5);
    ((ObjectNode) json.get("model").get("vocab")).put("[PAD]", 5);
    assertThat(TokenizerJson.parse(json.toString()).padTokenId()).as("added token").isEqualTo(5);

    json.putArray("added_tokens");
    ObjectNode vocab = (ObjectNode) json.get("model").get("vocab");
    vocab.remove("[PAD]");
    vocab.put("<pad>", 30_522);
    assertThat(TokenizerJson.parse(json.toString()).padTokenId()).as("<pad>").isEqualTo(30_522);
    assertThat(TokenizerJson.parse(json.toString()).vocabSize()).isEqualTo(30_523);

    vocab.remove("<pad>");
    assertThat(TokenizerJson.parse(json.toString()).padTokenId()).as("none").isZero();
  }

  @Test
  void aTokenizerClosedTwiceIsClosedAndSaysSo() {
    TextTokenizer closed = TextTokenizer.of(EmbeddedTokenizer.JSON, 8);
    closed.close();
    closed.close();
    assertThatThrownBy(() -> closed.encode(List.of("a")))
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("The tokenizer is closed");
  }

  @Test
  void aNullTextIsRefusedBeforeItReachesNativeCode() {
    assertThatThrownBy(() -> tokenizer.encode(Collections.singletonList(null)))
        .isInstanceOf(NullPointerException.class)
        .hasMessage("text");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "# a README | The tokenizer cannot be read: it is not JSON: ",
        "{\"hidden_size\": 384} | The tokenizer cannot be read: it has no model with a vocab.",
        "'' | The tokenizer cannot be read: it has no model with a vocab.",
        "{\"model\": {\"vocab\": {}}} | The tokenizer cannot be read: model.unk_token is missing, where a text belongs."
      })
  void whatIsNoTokenizerIsRefusedWithWhatItShouldBe(String text, String message) {
    assertThatThrownBy(() -> TextTokenizer.of(text, 8))
        .isInstanceOf(UserException.class)
        .hasMessageStartingWith(message)
        .hasMessageContaining("Expected the text of a Hugging Face tokenizer.json");
  }

  @Test
  void aVocabularyWithoutItsUnknownTokenIsRefusedBecauseNativeCodeWouldAbort() {
    ObjectNode json = EmbeddedTokenizer.tree();
    ((ObjectNode) json.get("model").get("vocab")).remove("[UNK]");
    assertThatThrownBy(() -> TextTokenizer.of(json.toString(), 8))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("its model has no unk_token \"[UNK]\" in the vocab");

    String unigram = "{\"model\": {\"type\": \"Unigram\", \"vocab\": [[\"a\", 0.0]]}}";
    assertThatThrownBy(() -> TextTokenizer.of(unigram, 8))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("model.unk_id is missing, where a whole number from 0 to 0 belongs");
  }

  @Test
  void aTokenizerThatAddsNoSpecialTokensIsRefused() {
    ObjectNode json = EmbeddedTokenizer.tree();
    json.putNull("post_processor");
    assertThatThrownBy(() -> TextTokenizer.of(json.toString(), 8))
        .isInstanceOf(UserException.class)
        .hasMessageContaining("it adds no special tokens to a text");
  }

  @ParameterizedTest
  @CsvSource({"2", "1", "0", "-5"})
  void aMaxLengthWithoutRoomForTextIsRefused(int maxLength) {
    assertThatThrownBy(() -> TextTokenizer.of(EmbeddedTokenizer.JSON, maxLength))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "max_length is "
                + maxLength
                + ", and the tokenizer adds 2 special tokens to each text. Set it to 3 or more.");
  }
}
