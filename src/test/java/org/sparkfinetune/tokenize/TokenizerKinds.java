package org.sparkfinetune.tokenize;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.zip.GZIPInputStream;

/** The small tokenizers of every kind in use that tools/goldens/tokenizer_kinds.py makes. */
final class TokenizerKinds {
  private TokenizerKinds() {}

  static String json(String kind) throws IOException {
    boolean zipped = kind.equals("nmt_nfkc");
    try (InputStream file = resource(kind + (zipped ? ".json.gz" : ".json"));
        InputStream in = zipped ? new GZIPInputStream(file) : file) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  /** One to change. */
  static ObjectNode tree(String kind) throws IOException {
    return (ObjectNode) new ObjectMapper().readTree(json(kind));
  }

  static InputStream resource(String name) {
    return TokenizerKinds.class.getResourceAsStream("kinds/" + name);
  }
}
