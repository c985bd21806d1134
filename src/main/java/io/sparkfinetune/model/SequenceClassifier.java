package io.sparkfinetune.model;

import io.sparkfinetune.model.io.ModelFiles;
import io.sparkfinetune.tokenize.Batch;
import java.util.List;

/** An encoder with a sequence-classification head. Not thread-safe. */
public final class SequenceClassifier implements AutoCloseable {
  /** Loads a classifier for inference. */
  public static SequenceClassifier load(ModelFiles files) {
    throw new UnsupportedOperationException();
  }

  /** The label names, by index. */
  public List<String> labels() {
    throw new UnsupportedOperationException();
  }

  /** The token id that pads a batch. */
  public int padTokenId() {
    throw new UnsupportedOperationException();
  }

  /** The logits of each row: {@code [batch.size()][labels().size()]}. */
  public float[][] logits(Batch batch) {
    throw new UnsupportedOperationException();
  }

  @Override
  public void close() {}
}
