package io.sparkfinetune.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.sparkfinetune.TestModels;
import io.sparkfinetune.tokenize.EncodedDataset;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class BatchIndependenceTest {
  @Test
  void logitsOfARowDoNotDependOnItsBatchMates() {
    Random random = new Random(3);
    EncodedDataset.Builder builder = EncodedDataset.builder();
    for (int row = 0; row < 24; row++) {
      builder.add(random.ints(2 + random.nextInt(90), 1, 50).toArray(), 0);
    }
    EncodedDataset data = builder.build();
    try (SequenceClassifier model =
        SequenceClassifier.fromScratch(TestModels.tinyConfig(50, 4), 5)) {
      float[][] together =
          model.logits(data.batch(IntStream.range(0, data.size()).toArray(), model.padTokenId()));
      for (int row = 0; row < data.size(); row++) {
        float[] alone = model.logits(data.batch(new int[] {row}, model.padTokenId()))[0];
        for (int label = 0; label < alone.length; label++) {
          // Padding adds exact zeros; only the order of sums may differ.
          assertThat(together[row][label]).isCloseTo(alone[label], within(1e-5f));
        }
      }
    }
  }
}
