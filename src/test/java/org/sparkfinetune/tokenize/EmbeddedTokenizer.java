package org.sparkfinetune.tokenize;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.stream.Collectors;
import java.util.stream.StreamSupport;

/** The tokenizer of the embedded pretrained model, as a tokenizer.json and as a vocab.txt. */
final class EmbeddedTokenizer {
  static final String JSON = read();

  private EmbeddedTokenizer() {}

  /** A copy to change. */
  static ObjectNode tree() {
    try {
      return (ObjectNode) new ObjectMapper().readTree(JSON);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The tokens in the order of their ids, a line each. */
  static String vocabTxt() {
    JsonNode vocab = tree().path("model").path("vocab");
    return StreamSupport.stream(((Iterable<String>) vocab::fieldNames).spliterator(), false)
        .sorted((a, b) -> Integer.compare(vocab.get(a).intValue(), vocab.get(b).intValue()))
        .collect(Collectors.joining("\n", "", "\n"));
  }

  /** Made of the vocabulary, with another normalization. */
  static String ofVocabTxt(TokenizerSettings.Normalization normalization) {
    String vocab = vocabTxt();
    return VocabTxt.toTokenizerJson(
        vocab, TokenizerSettings.of(VocabTxt.type(vocab)).with(normalization), Integer.MAX_VALUE);
  }

  private static String read() {
    try (InputStream in =
        EmbeddedTokenizer.class.getResourceAsStream("/all-minilm-l6-v2-tokenizer.json")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
