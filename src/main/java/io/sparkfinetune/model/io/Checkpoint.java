package io.sparkfinetune.model.io;

import org.apache.hadoop.conf.Configuration;

/** A pretrained checkpoint, opened by name or path: its configuration, tokenizer and weights. */
public final class Checkpoint {
  /** Opens {@code minilm-l6}, a Hugging Face folder or an ONNX file; reads no weights yet. */
  public static Checkpoint open(String base, Configuration hadoop) {
    throw new UnsupportedOperationException();
  }

  /** The text of {@code config.json}; for an ONNX file without one, made from the graph. */
  public String config() {
    throw new UnsupportedOperationException();
  }

  /** The text of {@code tokenizer.json}; made from {@code vocab.txt} where that is all there is. */
  public String tokenizer() {
    throw new UnsupportedOperationException();
  }
}
