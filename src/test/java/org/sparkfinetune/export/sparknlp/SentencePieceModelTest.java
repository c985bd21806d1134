package org.sparkfinetune.export.sparknlp;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.johnsnowlabs.ml.tensorflow.sentencepiece.SentencePieceProcessor;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The models written are read by SentencePiece itself, as it comes with Spark NLP. */
class SentencePieceModelTest {
  private static final Path FIXTURES =
      Path.of("src/test/resources/org/sparkfinetune/export/sparknlp");

  @ParameterizedTest
  @CsvSource({"xlm-roberta, 1", "camembert, 4", "albert, 0", "deberta-v2, 0"})
  void encodesAsTheModelThatTheTokenizerWasMadeFrom(String name, int offset) throws Exception {
    JsonNode tokenizer = Vocabulary.parse(Files.readString(FIXTURES.resolve(name + ".json")));
    JsonNode golden =
        new ObjectMapper().readTree(FIXTURES.resolve("sentencepiece.json").toFile()).get(name);

    try (SentencePieceProcessor written = new SentencePieceProcessor()) {
      written.loadFromSerializedProto(new SentencePieceModel(tokenizer, offset).bytes());

      assertThat(golden).hasSizeGreaterThan(60);
      for (JsonNode text : golden) {
        assertThat(written.encodeAsIds(text.get("text").asText()))
            .as(text.get("text").asText())
            .isEqualTo(new ObjectMapper().convertValue(text.get("ids"), int[].class));
      }
    }
  }
}
