package org.sparkfinetune.export.sparknlp;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.sparkfinetune.UserException;

/** Writes a tokenizer's vocabulary as the assets of a stock annotator. */
interface Vocabulary {
  /** {@code vocab.txt}: a token a line, in the order of ids. */
  Vocabulary WORD_PIECE =
      (tokenizer, assets) -> {
        requireModel(tokenizer, "WordPiece");
        writeTokens(tokenizer, assets);
      };

  /** {@code vocab.txt} again, and {@code merges.txt}: two symbols a line, the first merge first. */
  Vocabulary BYTE_LEVEL_BPE =
      (tokenizer, assets) -> {
        requireModel(tokenizer, "BPE");
        writeTokens(tokenizer, assets);
        List<String> merges = new ArrayList<>();
        for (JsonNode merge : tokenizer.path("model").path("merges")) {
          // Older files have "a b", newer ones ["a", "b"].
          merges.add(
              merge.isArray()
                  ? merge.get(0).asText() + " " + merge.get(1).asText()
                  : merge.asText());
        }
        Files.write(assets.resolve("merges.txt"), merges);
      };

  /**
   * A SentencePiece model.
   *
   * @param file what the annotator looks for
   * @param offset how much less than the token's id a piece's number is in it
   * @param added what the annotator adds to the number of each piece of a text
   */
  record SentencePiece(String file, int offset, int added) implements Vocabulary {
    @Override
    public void write(JsonNode tokenizer, Path assets) throws IOException {
      requireModel(tokenizer, "Unigram");
      Files.write(assets.resolve(file), new SentencePieceModel(tokenizer, offset).bytes());
    }

    @Override
    public long[] modelIds(JsonNode tokenizer) {
      return new SentencePieceModel(tokenizer, offset).modelIds(added);
    }
  }

  /**
   * Writes the assets.
   *
   * @param tokenizer a {@code tokenizer.json}
   * @throws UserException when it is not of the kind that the annotator knows
   */
  void write(JsonNode tokenizer, Path assets) throws IOException;

  /**
   * The model's id for each id that the annotator gives; empty when they are the same.
   *
   * @param tokenizer one that {@link #write} takes
   */
  default long[] modelIds(JsonNode tokenizer) {
    return new long[0];
  }

  /**
   * The id of a special token.
   *
   * @throws UserException when there is none
   */
  static int id(JsonNode tokenizer, String special) {
    for (JsonNode token : tokenizer.path("added_tokens")) {
      if (token.path("content").asText().equals(special)) {
        return token.path("id").intValue();
      }
    }
    throw new UserException(
        "format=sparknlp: the tokenizer has no special token "
            + special
            + ", which Spark NLP's annotator of this family puts around each text");
  }

  /** Reads the text of a {@code tokenizer.json}. */
  static JsonNode parse(String tokenizerJson) {
    try {
      return new ObjectMapper().readTree(tokenizerJson);
    } catch (JsonProcessingException e) {
      throw new UserException("tokenizer.json is not JSON: " + e.getOriginalMessage(), e);
    }
  }

  private static void requireModel(JsonNode tokenizer, String expected) {
    String type = tokenizer.path("model").path("type").asText("WordPiece");
    if (!type.equals(expected)) {
      throw new UserException(
          "format=sparknlp: the tokenizer is a "
              + type
              + ", and Spark NLP's annotator of this family knows "
              + expected
              + " alone");
    }
    if (tokenizer.path("truncation").path("direction").asText().equals("Left")) {
      throw new UserException(
          "format=sparknlp: the tokenizer cuts off the start of long texts (truncation_side=left),"
              + " and Spark NLP's annotators cut off their end");
    }
  }

  private static void writeTokens(JsonNode tokenizer, Path assets) throws IOException {
    Map<Integer, String> byId = new TreeMap<>();
    tokenizer
        .path("model")
        .path("vocab")
        .fields()
        .forEachRemaining(token -> byId.put(token.getValue().intValue(), token.getKey()));
    tokenizer
        .path("added_tokens")
        .forEach(token -> byId.put(token.path("id").intValue(), token.path("content").asText()));
    List<String> lines = new ArrayList<>();
    byId.forEach(
        (id, token) -> {
          // The line's number is the id: an id without a token needs a line that no text gives.
          while (lines.size() < id) {
            lines.add("[unused id " + lines.size() + "]");
          }
          lines.add(token);
        });
    Files.write(assets.resolve("vocab.txt"), lines);
  }
}
