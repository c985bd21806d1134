package org.sparkfinetune.train;

import java.util.Random;
import java.util.function.IntToDoubleFunction;
import org.sparkfinetune.tokenize.EncodedDataset;
import org.sparkfinetune.tokenize.EncodedRow;

/** Rows that a tiny model can learn: a label's rows hold that label's token. */
final class TestRows {
  private TestRows() {}

  /** Rows of 3 to 12 tokens out of 50. */
  static EncodedDataset learnable(int rows, int labels, long seed) {
    return learnable(rows, labels, seed, row -> 1);
  }

  /** The same of the weight of each. */
  static EncodedDataset learnable(int rows, int labels, long seed, IntToDoubleFunction weight) {
    Random random = new Random(seed);
    EncodedDataset.Builder builder = EncodedDataset.builder();
    for (int i = 0; i < rows; i++) {
      int label = i % labels;
      int[] ids = random.ints(3 + random.nextInt(10), 10, 50).toArray();
      ids[random.nextInt(ids.length)] = 1 + label;
      float ofRow = (float) weight.applyAsDouble(i);
      builder.add(EncodedRow.of(ids, ids.length, new int[] {label}, ofRow));
    }
    return builder.build();
  }

  /** Rows whose labels are those of the tokens 1, 2, ... that they hold, none to two of them. */
  static EncodedDataset learnableSets(int rows, int labels, long seed) {
    Random random = new Random(seed);
    EncodedDataset.Builder builder = EncodedDataset.builder();
    for (int i = 0; i < rows; i++) {
      int[] ids = random.ints(5 + random.nextInt(8), 10, 50).toArray();
      int[] set = random.ints(random.nextInt(3), 0, labels).distinct().toArray();
      for (int k = 0; k < set.length; k++) {
        ids[k] = 1 + set[k];
      }
      builder.add(ids, set);
    }
    return builder.build();
  }
}
