package org.sparkfinetune.tokenize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.sparkfinetune.UserException;

/** Against RobertaTokenizerFast; the goldens are of tools/goldens/vocabularies.py. */
class ByteLevelBpeTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final TokenizerSettings DEFAULTS = TokenizerSettings.of(ByteLevelBpe.TYPE);

  @ParameterizedTest
  @CsvSource({"false,ids", "true,ids_prefix_space"})
  void idsEqualHuggingFaces(boolean addPrefixSpace, String golden) throws IOException {
    List<JsonNode> rows = rows();
    assertThat(rows).hasSizeGreaterThan(100);
    String json =
        ByteLevelBpe.toTokenizerJson(
            ids("vocab.json"),
            merges(),
            settings(addPrefixSpace, ids("added_tokens.json")),
            Integer.MAX_VALUE);
    try (TextTokenizer tokenizer = TextTokenizer.of(json, 20_000)) {
      List<Encoding> encodings =
          tokenizer.encode(rows.stream().map(row -> row.get("text").textValue()).toList());
      for (int i = 0; i < rows.size(); i++) {
        assertThat(encodings.get(i).inputIds())
            .as("text %d: %s", i, rows.get(i).get("text"))
            .isEqualTo(JSON.convertValue(rows.get(i).get(golden), int[].class));
      }
      assertThat(tokenizer.padTokenId()).isEqualTo(1);
    }
  }

  @Test
  void namesTheMissingSpecialToken() {
    assertThatThrownBy(() -> ByteLevelBpe.toTokenizerJson(Map.of("<s>", 0), List.of(), DEFAULTS, 1))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "vocab.json (1 tokens) has no sep_token '</s>', which every text needs. Expected"
                + " RoBERTa's files, or tokenizer.json.");
  }

  @Test
  void namesAMergeThatMakesNoToken() {
    assertThatThrownBy(
            () ->
                ByteLevelBpe.toTokenizerJson(
                    Map.of("<s>", 0, "</s>", 1, "a", 2, "b", 3), List.of("a b"), DEFAULTS, 4))
        .isInstanceOf(UserException.class)
        .hasMessage(
            "merges.txt: 'a b' merges no two tokens of vocab.json into a third. The two files are"
                + " not of one tokenizer.");
  }

  private static TokenizerSettings settings(boolean addPrefixSpace, Map<String, Integer> added) {
    TreeMap<Integer, AddedToken> tokens = new TreeMap<>();
    added.forEach(
        (text, id) ->
            tokens.put(id, new AddedToken(text, false, false, false, Optional.empty(), false)));
    return new TokenizerSettings(
        ByteLevelBpe.TYPE,
        DEFAULTS.normalization(),
        Optional.of(addPrefixSpace),
        Optional.empty(),
        false,
        Map.of(),
        List.of(),
        tokens,
        false,
        false,
        false);
  }

  private static List<JsonNode> rows() throws IOException {
    List<JsonNode> rows = new ArrayList<>();
    try (BufferedReader reader =
        new BufferedReader(
            new InputStreamReader(
                new GZIPInputStream(open("ids.jsonl.gz")), StandardCharsets.UTF_8))) {
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        rows.add(JSON.readTree(line));
      }
    }
    return rows;
  }

  private static Map<String, Integer> ids(String file) throws IOException {
    try (InputStream in = open(file)) {
      return JSON.readValue(in, new TypeReference<>() {});
    }
  }

  private static List<String> merges() throws IOException {
    try (InputStream in = open("merges.txt")) {
      return ByteLevelBpe.readMerges(new String(in.readAllBytes(), StandardCharsets.UTF_8));
    }
  }

  private static InputStream open(String file) {
    return ByteLevelBpeTest.class.getResourceAsStream("byte-level-bpe/" + file);
  }
}
