package org.sparkfinetune.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.sparkfinetune.TestGoldens;
import org.sparkfinetune.model.encoder.EncoderFamilies;
import org.sparkfinetune.tokenize.EncodedDataset;

class BatchIndependenceTest {
  static Stream<String> families() throws IOException {
    return TestGoldens.families();
  }

  @ParameterizedTest
  @MethodSource("families")
  void logitsOfARowDoNotDependOnItsBatchMates(String family) throws IOException {
    try (SequenceClassifier model = TestGoldens.of(family).model()) {
      EncodedDataset data = rows(model);
      float[][] together =
          model.logits(data.batch(IntStream.range(0, data.size()).toArray(), model.padTokenId()));
      for (int row = 0; row < data.size(); row++) {
        float[] alone = model.logits(data.batch(new int[] {row}, model.padTokenId()))[0];
        for (int label = 0; label < alone.length; label++) {
          // Padding adds exact zeros; only the order of sums may differ.
          assertThat(together[row][label])
              .as("row %d of %d tokens", row, data.length(row))
              .isCloseTo(alone[label], within(1e-5f));
        }
      }
    }
  }

  /** Rows of very different lengths, up to the longest that the model has positions for. */
  private static EncodedDataset rows(SequenceClassifier model) {
    int maxTokens = EncoderFamilies.of(model.config().modelType()).maxTokens(model.config());
    int[] tokens =
        IntStream.range(0, model.config().positive("vocab_size"))
            .filter(token -> token != model.padTokenId())
            .toArray();
    Random random = new Random(3);
    EncodedDataset.Builder builder = EncodedDataset.builder();
    for (int row = 0; row < 12; row++) {
      int length = row == 0 ? maxTokens : 1 + random.nextInt(maxTokens);
      builder.add(random.ints(length, 0, tokens.length).map(i -> tokens[i]).toArray(), 0);
    }
    return builder.build();
  }
}
