package io.sparkfinetune.export.sparknlp;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import io.sparkfinetune.UserException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Writes a Unigram {@code tokenizer.json} as the SentencePiece model that it once was made from.
 *
 * <p>The fields are those of {@code ModelProto} in SentencePiece's sentencepiece_model.proto.
 */
final class SentencePieceModel {
  /** What a model whose ids are shifted starts with, as fairseq's do. */
  private static final List<String> FIRST = List.of("<unk>", "<s>", "</s>");

  private static final int NORMAL = 1;
  private static final int UNKNOWN = 2;
  private static final int CONTROL = 3;
  private static final int UNIGRAM = 1;

  private SentencePieceModel() {}

  /**
   * The bytes of the model.
   *
   * @param tokenizer a {@code tokenizer.json} whose model is Unigram
   * @param offset how much less than the token's id a piece's number is; unless that is 0, the
   *     first three pieces are unknown, start and end
   * @throws UserException when a vocabulary is too small for that
   */
  static byte[] of(JsonNode tokenizer, int offset) throws IOException {
    JsonNode vocab = tokenizer.path("model").path("vocab");
    int unknown = offset == 0 ? tokenizer.path("model").path("unk_id").intValue() : 0;
    if (vocab.size() <= FIRST.size() + offset) {
      throw new UserException(
          "tokenizer.json: a vocabulary of " + vocab.size() + " pieces is none");
    }
    Set<String> special = new HashSet<>();
    tokenizer.path("added_tokens").forEach(token -> special.add(token.path("content").asText()));
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    for (int i = 0; i < vocab.size() - offset; i++) {
      boolean first = offset > 0 && i < FIRST.size();
      String piece = first ? FIRST.get(i) : vocab.get(i + offset).get(0).textValue();
      float score = first ? 0 : vocab.get(i + offset).get(1).floatValue();
      int type = i == unknown ? UNKNOWN : first || special.contains(piece) ? CONTROL : NORMAL;
      out.writeByteArray(1, piece(piece, score, type));
    }
    out.writeByteArray(2, trainerSpec(vocab.size() - offset, unknown));
    out.writeByteArray(3, normalizerSpec(tokenizer));
    out.flush();
    return bytes.toByteArray();
  }

  private interface Fields {
    void write(CodedOutputStream out) throws IOException;
  }

  private static byte[] message(Fields fields) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    fields.write(out);
    out.flush();
    return bytes.toByteArray();
  }

  private static byte[] piece(String piece, float score, int type) throws IOException {
    return message(
        out -> {
          out.writeString(1, piece);
          out.writeFloat(2, score);
          out.writeEnum(3, type);
        });
  }

  private static byte[] trainerSpec(int pieces, int unknown) throws IOException {
    return message(
        out -> {
          out.writeEnum(3, UNIGRAM);
          out.writeInt32(4, pieces);
          out.writeInt32(40, unknown);
          // Start, end and padding are the annotator's business: -1 says that there are none.
          out.writeInt32(41, -1);
          out.writeInt32(42, -1);
          out.writeInt32(43, -1);
        });
  }

  private static byte[] normalizerSpec(JsonNode tokenizer) throws IOException {
    String charsMap =
        tokenizer.path("normalizer").findValuesAsText("precompiled_charsmap").stream()
            .findFirst()
            .orElse("");
    return message(
        out -> {
          out.writeBytes(2, ByteString.copyFrom(Base64.getDecoder().decode(charsMap)));
          out.writeBool(3, true); // a space before the first word
          out.writeBool(4, true); // runs of spaces count as one
          out.writeBool(5, true); // a space is U+2581
        });
  }
}
