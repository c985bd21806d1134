package org.sparkfinetune.tokenize;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** On what tools/goldens/tokenizer_kinds.py has made. */
class TokenizerKindsTest {
  private static final JsonNode GOLDENS = goldens();

  static List<String> kinds() {
    List<String> names = new ArrayList<>();
    GOLDENS.fieldNames().forEachRemaining(names::add);
    names.remove("texts");
    return names;
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void eachKindThatIsInUseIsReadAndItsIdsEqualHuggingFaces(String kind) throws Exception {
    List<String> texts = new ArrayList<>();
    GOLDENS.get("texts").forEach(text -> texts.add(text.textValue()));
    try (TextTokenizer tokenizer = TextTokenizer.of(TokenizerKinds.json(kind), 100_000)) {
      List<Encoding> encodings = tokenizer.encode(texts);
      for (int i = 0; i < texts.size(); i++) {
        int[] expected = new ObjectMapper().convertValue(GOLDENS.get(kind).get(i), int[].class);
        assertThat(encodings.get(i).inputIds()).as(texts.get(i)).isEqualTo(expected);
      }
    }
  }

  private static JsonNode goldens() {
    try (InputStream in = TokenizerKinds.resource("ids.json")) {
      return new ObjectMapper().readTree(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
