package org.sparkfinetune.explain;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.sparkfinetune.tokenize.AlignedEncoding;
import org.sparkfinetune.tokenize.TextTokenizer;

class WordTest {
  private static final Path KINDS = Path.of("src/test/resources/org/sparkfinetune/tokenize/kinds");
  private static final String TEXT = "  H\u00e9llo \uD83D\uDE00 unbelievable w\u00f6rld, no!  ";

  static Stream<String> kinds() {
    return Stream.of(
        "bert", "roberta", "xlm-roberta", "deberta-v2", "albert", "split-gpt2", "scripts");
  }

  private static AlignedEncoding align(String kind, int length, String... texts)
      throws IOException {
    try (TextTokenizer tokenizer =
        TextTokenizer.of(Files.readString(KINDS.resolve(kind + ".json")), length)) {
      Optional<List<String>> second =
          texts.length == 1 ? Optional.empty() : Optional.of(List.of(texts[1]));
      return tokenizer.align(List.of(texts[0]), second).get(0);
    }
  }

  private static List<String> cut(List<Word> words, boolean seen, String... texts) {
    List<String> cut = new ArrayList<>();
    for (Word word : words) {
      if (word.tokens().isEmpty() != seen) {
        cut.add(texts[word.sequence()].substring(word.begin(), word.end()));
      }
    }
    return cut;
  }

  /** However a tokenizer cuts them. */
  @ParameterizedTest
  @MethodSource("kinds")
  void wordsAreThoseOfTheText(String kind) throws IOException {
    AlignedEncoding row = align(kind, 200, TEXT);
    List<Word> words = Word.of(row, List.of(TEXT));
    assertThat(cut(words, true, TEXT))
        .containsExactly(
            "H\u00e9llo", "\uD83D\uDE00", "unbelievable", "w\u00f6rld", ",", "no", "!");
    assertEachTokenIsOfOneWord(row, words);
  }

  /** Where words have no spaces between them, what the tokenizer takes for one is one. */
  @Test
  void lettersOfScriptsWithoutSpacesDoNotJoin() throws IOException {
    String text = "don't \u65e5\u672c";
    assertThat(cut(Word.of(align("bert", 200, text), List.of(text)), true, text))
        .containsExactly("don", "'", "t", "\u65e5", "\u672c");
  }

  private static void assertEachTokenIsOfOneWord(AlignedEncoding row, List<Word> words) {
    List<Integer> tokens = new ArrayList<>();
    words.forEach(word -> tokens.addAll(word.tokens()));
    List<Integer> expected = new ArrayList<>();
    for (int i = 0; i < row.spans().size(); i++) {
      if (!row.spans().get(i).isSpecial()) {
        expected.add(i);
      }
    }
    assertThat(tokens).containsExactlyElementsOf(expected);
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void whatWasCutOffIsThereAndNotSeen(String kind) throws IOException {
    String text = "one two three four five six seven eight nine ten";
    AlignedEncoding row = align(kind, 9, text);
    List<Word> words = Word.of(row, List.of(text));
    assertThat(row.encoding().truncated()).isTrue();
    assertThat(String.join("", cut(words, true, text)) + String.join("", cut(words, false, text)))
        .isEqualTo(text.replace(" ", ""));
    assertThat(cut(words, false, text)).endsWith("nine", "ten");
    assertEachTokenIsOfOneWord(row, words);
  }

  @Test
  void pairsHaveTheWordsOfBothTexts() throws IOException {
    String[] texts = {"a premise", "its hypothesis"};
    AlignedEncoding row = align("bert", 200, texts);
    List<Word> words = Word.of(row, List.of(texts));
    assertThat(cut(words, true, texts)).containsExactly("a", "premise", "its", "hypothesis");
    assertThat(words).extracting(Word::sequence).containsExactly(0, 0, 1, 1);
    assertEachTokenIsOfOneWord(row, words);
  }

  @Test
  void aBlankTextHasNone() throws IOException {
    assertThat(Word.of(align("xlm-roberta", 200, " \n "), List.of(" \n "))).isEmpty();
  }
}
