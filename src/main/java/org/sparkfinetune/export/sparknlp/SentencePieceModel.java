package org.sparkfinetune.export.sparknlp;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.sparkfinetune.UserException;

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

  private final JsonNode tokenizer;
  private final JsonNode vocab;
  private final int offset;
  private final int unknown;
  private final Set<String> special = new HashSet<>();

  /**
   * The model of a tokenizer.
   *
   * @param tokenizer a {@code tokenizer.json} whose model is Unigram
   * @param offset how much less than the token's id a piece's number is; unless that is 0, the
   *     first three pieces are unknown, start and end
   * @throws UserException when a vocabulary is too small for that
   */
  SentencePieceModel(JsonNode tokenizer, int offset) {
    this.tokenizer = tokenizer;
    this.vocab = tokenizer.path("model").path("vocab");
    this.offset = offset;
    this.unknown = offset == 0 ? unknownId() : 0;
    if (vocab.size() <= FIRST.size() + offset) {
      throw new UserException(
          "tokenizer.json: a vocabulary of " + vocab.size() + " pieces is none");
    }
    tokenizer.path("added_tokens").forEach(token -> special.add(token.path("content").asText()));
  }

  private int unknownId() {
    return tokenizer.path("model").path("unk_id").intValue();
  }

  /** Its file. */
  byte[] bytes() throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    for (int number = 0; number < size(); number++) {
      out.writeByteArray(1, piece(text(number), score(number), type(number)));
    }
    out.writeByteArray(2, trainerSpec(size(), unknown));
    out.writeByteArray(3, normalizerSpec(tokenizer));
    out.flush();
    return bytes.toByteArray();
  }

  /**
   * The tokenizer's id for each id of one that takes this model's numbers and adds something to
   * those of pieces that texts have. Of others, start and end, it is taken to know the id.
   */
  long[] modelIds(int added) {
    long[] ids = new long[size() + added];
    for (int id = 0; id < ids.length; id++) {
      int number = id - added;
      if (number < 0 || type(number) == CONTROL) {
        ids[id] = id;
      } else {
        ids[id] = number == unknown ? unknownId() : number + offset;
      }
    }
    return ids;
  }

  private int size() {
    return vocab.size() - offset;
  }

  private boolean isFirst(int number) {
    return offset > 0 && number < FIRST.size();
  }

  private String text(int number) {
    return isFirst(number) ? FIRST.get(number) : vocab.get(number + offset).get(0).textValue();
  }

  private float score(int number) {
    return isFirst(number) ? 0 : vocab.get(number + offset).get(1).floatValue();
  }

  private int type(int number) {
    if (number == unknown) {
      return UNKNOWN;
    }
    return isFirst(number) || special.contains(text(number)) ? CONTROL : NORMAL;
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
