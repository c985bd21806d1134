package org.sparkfinetune.tokenize;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.sparkfinetune.tokenize.TokenizerSettings.Normalization;

/**
 * Token ids against those of Hugging Face's transformers: token_ids.jsonl.gz, made by
 * tools/goldens/token_ids.py.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class TokenIdsGoldenTest {
  private static final int TEXTS = 1000;

  private List<JsonNode> rows;
  private List<String> texts;

  @BeforeAll
  void readGoldens() throws Exception {
    ObjectMapper json = new ObjectMapper();
    rows = new ArrayList<>();
    try (BufferedReader reader =
        new BufferedReader(
            new InputStreamReader(
                new GZIPInputStream(getClass().getResourceAsStream("token_ids.jsonl.gz")),
                StandardCharsets.US_ASCII))) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        rows.add(json.readTree(line));
      }
    }
    texts = rows.stream().map(row -> row.get("text").textValue()).toList();
    assertThat(texts).hasSize(TEXTS).doesNotHaveDuplicates();
  }

  @ParameterizedTest
  @ValueSource(ints = {128, 512})
  void truncatedIdsEqualHuggingFaces(int maxLength) {
    try (TextTokenizer tokenizer = TextTokenizer.of(EmbeddedTokenizer.JSON, maxLength)) {
      List<Encoding> encodings = tokenizer.encode(texts);
      int truncated = 0;
      for (int i = 0; i < TEXTS; i++) {
        JsonNode shortened = rows.get(i).get("ids_" + maxLength);
        assertThat(encodings.get(i).inputIds())
            .as("text %d at max_length %d", i, maxLength)
            .isEqualTo(ids(shortened != null ? shortened : rows.get(i).get("ids")));
        assertThat(encodings.get(i).truncated())
            .as("truncated, text %d", i)
            .isEqualTo(shortened != null);
        truncated += encodings.get(i).truncated() ? 1 : 0;
      }
      assertThat(truncated).isGreaterThan(30);
      report("max_length " + maxLength + ", " + truncated + " truncated", encodings);
    }
  }

  @Test
  void idsOfWholeTextsEqualHuggingFaces() {
    int longest = rows.stream().mapToInt(row -> row.get("ids").size()).max().orElseThrow();
    assertThat(longest).as("tokens of the longest text").isGreaterThan(10_000);
    try (TextTokenizer tokenizer = TextTokenizer.of(EmbeddedTokenizer.JSON, longest)) {
      List<Encoding> encodings = tokenizer.encode(texts);
      for (int i = 0; i < TEXTS; i++) {
        assertThat(encodings.get(i).inputIds())
            .as("text %d", i)
            .isEqualTo(ids(rows.get(i).get("ids")));
        assertThat(encodings.get(i).truncated()).as("truncated, text %d", i).isFalse();
      }
      report("whole texts, the longest of " + longest + " tokens", encodings);
    }
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource({
    // name in the golden file, do_lower_case, strip_accents, tokenize_chinese_chars
    "uncased,true,,true",
    "cased,false,,true",
    "uncased_accents,true,false,true",
    "cased_no_accents,false,true,true",
    "chinese_words,true,,false"
  })
  void idsFromVocabTxtEqualBertTokenizerFasts(
      String name, boolean lowerCase, Boolean stripAccents, boolean tokenizeChineseChars) {
    String tokenizerJson =
        EmbeddedTokenizer.ofVocabTxt(
            new Normalization(lowerCase, Optional.ofNullable(stripAccents), tokenizeChineseChars));
    try (TextTokenizer tokenizer = TextTokenizer.of(tokenizerJson, 128)) {
      List<Encoding> encodings = tokenizer.encode(texts);
      for (int i = 0; i < TEXTS; i++) {
        assertThat(encodings.get(i).inputIds())
            .as("text %d, vocab.txt %s", i, name)
            .isEqualTo(ids(rows.get(i).get("vocab_txt").get(name)));
      }
      report("vocab.txt " + name, encodings);
    }
  }

  @ParameterizedTest(name = "{0}")
  @ValueSource(strings = {"tokenizer.json", "vocab.txt"})
  void idsAndTypesOfPairsEqualHuggingFaces(String from) {
    boolean vocab = from.equals("vocab.txt");
    String tokenizerJson =
        vocab
            ? EmbeddedTokenizer.ofVocabTxt(new Normalization(true, Optional.empty(), true))
            : EmbeddedTokenizer.JSON;
    List<JsonNode> pairs =
        rows.stream().filter(row -> row.has("pair")).map(row -> row.get("pair")).toList();
    assertThat(pairs).hasSize(TEXTS / 4);
    List<String> first =
        rows.stream().filter(row -> row.has("pair")).map(row -> row.get("text").asText()).toList();
    List<String> second =
        pairs.stream().map(pair -> texts.get(pair.get("with").intValue())).toList();
    try (TextTokenizer tokenizer = TextTokenizer.of(tokenizerJson, 64);
        TextTokenizer untruncated = TextTokenizer.of(tokenizerJson, 1_000_000)) {
      List<Encoding> encodings = tokenizer.encodePairs(first, second);
      List<Encoding> whole = untruncated.encodePairs(first, second);
      for (int i = 0; i < pairs.size(); i++) {
        Encoding encoding = encodings.get(i);
        assertThat(encoding.inputIds())
            .as("pair %d", i)
            .isEqualTo(ids(pairs.get(i).get(vocab ? "vocab_txt" : "ids")));
        assertThat(tokenTypes(encoding))
            .as("token types, pair %d", i)
            .isEqualTo(ids(pairs.get(i).get("token_type_ids")));
        assertThat(encoding.truncated())
            .as("truncated, pair %d", i)
            .isEqualTo(whole.get(i).inputIds().length > 64);
      }
      report("pairs from " + from, encodings);
    }
  }

  private static int[] tokenTypes(Encoding encoding) {
    int[] types = new int[encoding.inputIds().length];
    Arrays.fill(types, encoding.secondSegmentStart(), types.length, 1);
    return types;
  }

  private static int[] ids(JsonNode array) {
    int[] ids = new int[array.size()];
    for (int i = 0; i < ids.length; i++) {
      ids[i] = array.get(i).intValue();
    }
    return ids;
  }

  private static void report(String what, List<Encoding> encodings) {
    int compared = encodings.stream().mapToInt(encoding -> encoding.inputIds().length).sum();
    System.out.printf(
        "Token ids equal to Hugging Face's: %,d texts, %,d ids (%s)%n",
        encodings.size(), compared, what);
  }
}
