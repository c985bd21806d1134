package org.sparkfinetune.tokenize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BatchSamplerTest {
  private static final EncodedDataset DATA = rows(2003);

  /** Rows of 1 to 200 tokens. */
  private static EncodedDataset rows(int count) {
    Random random = new Random(3);
    EncodedDataset.Builder builder = EncodedDataset.builder();
    for (int i = 0; i < count; i++) {
      builder.add(new int[1 + random.nextInt(200)], i);
    }
    return builder.build();
  }

  @ParameterizedTest
  @CsvSource({"2003,32", "2003,1", "2003,5000", "1,32", "31,32", "33,32", "0,32", "64,2147483647"})
  void everyRowIsInOneBatchAndAllBatchesButOneAreFull(int count, int batchSize) {
    EncodedDataset data = rows(count);
    for (List<int[]> batches :
        List.of(
            BatchSampler.trainingBatches(data, batchSize, true, 42, 0),
            BatchSampler.trainingBatches(data, batchSize, false, 42, 0),
            BatchSampler.evaluationBatches(data, batchSize))) {
      assertThat(batches.stream().flatMapToInt(Arrays::stream).sorted())
          .containsExactlyElementsOf(IntStream.range(0, count).boxed().toList());
      assertThat(batches).hasSize((int) Math.ceil(count / (double) batchSize));
      int full = count / batchSize;
      assertThat(batches.stream().filter(batch -> batch.length == batchSize)).hasSize(full);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void theOrderIsAFunctionOfSeedAndEpoch(boolean groupByLength) {
    List<int[]> batches = BatchSampler.trainingBatches(DATA, 16, groupByLength, 42, 1);
    assertThat(BatchSampler.trainingBatches(DATA, 16, groupByLength, 42, 1))
        .usingRecursiveComparison()
        .isEqualTo(batches);
    for (List<int[]> other :
        List.of(
            BatchSampler.trainingBatches(DATA, 16, groupByLength, 42, 2),
            // Not the sum of both: else the second epoch of a seed were the first of the next.
            BatchSampler.trainingBatches(DATA, 16, groupByLength, 43, 0),
            BatchSampler.trainingBatches(DATA, 16, groupByLength, 43, 1))) {
      assertThat(other).usingRecursiveComparison().isNotEqualTo(batches);
    }
  }

  @Test
  void theOrderIsTheSameOnEveryJvm() {
    EncodedDataset data = rows(10);
    // From SplitMix64 and java.util.Random written down in Python.
    assertBatches(data, 0, new int[] {0, 4, 1, 2}, new int[] {7, 8, 9, 5}, new int[] {3, 6});
    assertBatches(data, 1, new int[] {2, 8, 1, 3}, new int[] {5, 9, 0, 4}, new int[] {7, 6});
  }

  /** The rows of each batch, whose order is that of their lengths. */
  private static void assertBatches(EncodedDataset data, int epoch, int[]... expected) {
    List<int[]> batches = BatchSampler.trainingBatches(data, 4, false, 42, epoch);
    assertThat(batches).hasSize(expected.length);
    for (int i = 0; i < expected.length; i++) {
      assertThat(batches.get(i)).containsExactlyInAnyOrder(expected[i]);
      assertThat(Arrays.stream(batches.get(i)).map(row -> -data.length(row))).isSorted();
    }
  }

  @Test
  void groupingByLengthSavesMostOfThePadding() {
    double grouped = padding(BatchSampler.trainingBatches(DATA, 16, true, 42, 0));
    double random = padding(BatchSampler.trainingBatches(DATA, 16, false, 42, 0));
    assertThat(random).isGreaterThan(0.4);
    assertThat(grouped).isLessThan(0.1);
    assertThat(padding(BatchSampler.evaluationBatches(DATA, 16))).isLessThan(0.02);
  }

  /** The share of places that hold padding. */
  private static double padding(List<int[]> batches) {
    long places = 0;
    for (int[] batch : batches) {
      places += (long) batch.length * Arrays.stream(batch).map(DATA::length).max().orElseThrow();
    }
    return 1 - DATA.tokens() / (double) places;
  }

  @Test
  void groupedBatchesDoNotRunFromLongToShort() {
    List<int[]> batches = BatchSampler.trainingBatches(DATA, 16, true, 42, 0);
    int longer = 0;
    for (int i = 1; i < batches.size(); i++) {
      longer += DATA.length(batches.get(i)[0]) > DATA.length(batches.get(i - 1)[0]) ? 1 : 0;
    }
    // Sorted mega-batches would have 4 rises in 125 steps, a random order about half.
    assertThat(longer).isBetween(45, 80);
  }

  @Test
  void rowsMeetDifferentRowsInEachEpoch() {
    int[] first = batchOf(0, BatchSampler.trainingBatches(DATA, 16, true, 42, 0));
    int[] second = batchOf(0, BatchSampler.trainingBatches(DATA, 16, true, 42, 1));
    assertThat(Arrays.stream(second).filter(r -> Arrays.stream(first).anyMatch(f -> f == r)))
        .hasSizeLessThan(12);
  }

  private static int[] batchOf(int row, List<int[]> batches) {
    return batches.stream()
        .filter(batch -> Arrays.stream(batch).anyMatch(r -> r == row))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void evaluationTakesTheLongestFirst() {
    int[] lengths =
        BatchSampler.evaluationBatches(DATA, 16).stream()
            .flatMapToInt(Arrays::stream)
            .map(DATA::length)
            .toArray();
    for (int i = 1; i < lengths.length; i++) {
      assertThat(lengths[i]).isLessThanOrEqualTo(lengths[i - 1]);
    }
  }

  @Test
  void aBatchSizeBelowOneIsRefused() {
    assertThatThrownBy(() -> BatchSampler.trainingBatches(DATA, 0, true, 42, 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("batchSize is 0, expected 1 or more");
    assertThatThrownBy(() -> BatchSampler.evaluationBatches(DATA, -1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("batchSize is -1, expected 1 or more");
  }
}
