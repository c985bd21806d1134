package io.sparkfinetune.train;

import io.sparkfinetune.tokenize.EncodedDataset;
import java.util.Random;

/** Rows that a tiny model can learn: a label's rows hold that label's token. */
final class TestRows {
  private TestRows() {}

  /** Rows of 3 to 12 tokens out of 50. */
  static EncodedDataset learnable(int rows, int labels, long seed) {
    Random random = new Random(seed);
    EncodedDataset.Builder builder = EncodedDataset.builder();
    for (int i = 0; i < rows; i++) {
      int label = i % labels;
      int[] ids = random.ints(3 + random.nextInt(10), 10, 50).toArray();
      ids[random.nextInt(ids.length)] = 1 + label;
      builder.add(ids, label);
    }
    return builder.build();
  }
}
