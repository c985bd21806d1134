package org.sparkfinetune.tokenize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EncodedDatasetTest {
  @Test
  void holdsRowsInTheOrderOfTheirPositions() {
    EncodedDataset data =
        EncodedDataset.builder()
            .add(new int[] {1, 2, 3}, 0)
            .add(new int[] {9}, 4)
            .add(new int[] {1, 2}, 1)
            .add(new int[] {1, 1}, 2)
            .add(new int[] {9}, 3)
            .build();
    assertThat(data.size()).isEqualTo(5);
    assertThat(data.tokens()).isEqualTo(9);
    for (int row = 1; row < 5; row++) {
      long before = new EncodedRow(data.record(row - 1)).position();
      assertThat(Long.compareUnsigned(before, new EncodedRow(data.record(row)).position()))
          .isNegative();
    }
  }

  /** The rows of each of several ranges of positions, put one after the other. */
  @Test
  void adjacentRangesOfPositionsAreTheWhole() {
    Random random = new Random(5);
    List<EncodedRow> rows = new ArrayList<>();
    for (int i = 0; i < 1000; i++) {
      int[] ids = random.ints(1 + random.nextInt(6), 0, 50).toArray();
      rows.add(EncodedRow.of(ids, ids.length, new int[] {i % 3}));
    }
    EncodedDataset whole = dataset(rows);
    List<int[]> joined = new ArrayList<>();
    for (int part = 0; part < 4; part++) {
      int number = part;
      EncodedDataset shard =
          dataset(rows.stream().filter(row -> row.position() >>> 62 == number).toList());
      assertThat(shard.size()).isBetween(200, 300);
      IntStream.range(0, shard.size()).forEach(row -> joined.add(shard.record(row)));
    }
    assertThat(joined).hasSize(1000);
    IntStream.range(0, 1000)
        .forEach(row -> assertThat(joined.get(row)).isEqualTo(whole.record(row)));
  }

  private static EncodedDataset dataset(List<EncodedRow> rows) {
    EncodedDataset.Builder builder = EncodedDataset.builder();
    rows.forEach(builder::add);
    return builder.build();
  }

  @Test
  void whatIsBeyondItsMemoryLiesInAFileThatNobodyFinds(@TempDir Path folder) throws Exception {
    EncodedDataset.Builder inMemory = EncodedDataset.builder();
    EncodedDataset.Builder limited = EncodedDataset.builder(5L << 20, folder);
    Random random = new Random(3);
    for (int i = 0; i < 30_000; i++) {
      int[] ids = random.ints(100 + random.nextInt(100), 0, 30_000).toArray();
      inMemory.add(ids, i % 7);
      limited.add(ids, i % 7);
    }
    try (EncodedDataset expected = inMemory.build();
        EncodedDataset data = limited.build()) {
      // 4.6 million numbers of 4 bytes, in chunks of 4 MB of which one is in memory.
      assertThat(data.spilledBytes()).isEqualTo(4L * (4 << 20));
      assertThat(expected.spilledBytes()).isZero();
      assertThat(data.size()).isEqualTo(30_000);
      for (int row = 0; row < 30_000; row += 7) {
        assertThat(data.record(row)).isEqualTo(expected.record(row));
      }
      try (Stream<Path> files = Files.list(folder)) {
        assertThat(files).isEmpty();
      }
    }
  }

  @Test
  void isTheSameWhateverTheOrderOfItsRowsWas() {
    Random random = new Random(1);
    List<int[]> rows = new ArrayList<>();
    for (int i = 0; i < 3000; i++) {
      rows.add(random.ints(1 + random.nextInt(6), 0, 3).toArray());
    }
    Batch once = wholeOf(rows);
    Collections.shuffle(rows, random);
    Batch again = wholeOf(rows);
    assertThat(again.inputIds()).isEqualTo(once.inputIds());
    assertThat(again.lengths()).isEqualTo(once.lengths());
    assertThat(again.tokenTypeIds()).isEqualTo(once.tokenTypeIds());
    assertThat(again.labels()).isDeepEqualTo(once.labels());
  }

  private static Batch wholeOf(List<int[]> rows) {
    EncodedDataset.Builder builder = EncodedDataset.builder();
    rows.forEach(row -> builder.add(row, row.length - row[0] % row.length, new int[] {row[0], 2}));
    EncodedDataset data = builder.build();
    return data.batch(IntStream.range(0, data.size()).toArray(), 0);
  }

  @Test
  void aBatchIsPaddedOnTheRightToItsLongestRow() {
    EncodedDataset data =
        EncodedDataset.builder()
            .add(new int[] {5}, 1)
            .add(new int[] {6, 7, 8}, 2)
            .add(new int[] {1, 2, 3, 4}, 0)
            .build();
    int three = row(data, 3);
    int one = row(data, 1);
    Batch batch = data.batch(new int[] {three, one}, 99);
    assertThat(batch.length()).isEqualTo(3);
    assertThat(batch.inputIds()).containsExactly(6, 7, 8, 5, 99, 99);
    assertThat(batch.lengths()).containsExactly(3, 1);
    assertThat(batch.labels()).isDeepEqualTo(new int[][] {{2}, {1}});
    assertThat(batch.tokenTypeIds()).isNull();
    assertThat(batch.size()).isEqualTo(2);
    assertThat(batch.tokens()).isEqualTo(4);
  }

  @Test
  void aRowHasASetOfLabelsAndTokenTypesOfZerosThenOnes() {
    EncodedDataset data =
        EncodedDataset.builder()
            .add(new int[] {5, 6, 7}, 1, new int[] {4, 0, 4})
            .add(new int[] {8, 9}, 2, new int[0])
            .build();
    Batch batch = data.batch(new int[] {row(data, 3), row(data, 2)}, 0);
    assertThat(batch.labels()).isDeepEqualTo(new int[][] {{0, 4}, {}});
    assertThat(batch.tokenTypeIds()).containsExactly(0, 1, 1, 0, 0, 0);
    assertThat(data.batch(new int[] {row(data, 2)}, 0).tokenTypeIds()).isNull();
  }

  /** The number of the only row of a length. */
  private static int row(EncodedDataset data, int length) {
    return IntStream.range(0, data.size())
        .filter(row -> data.length(row) == length)
        .findFirst()
        .orElseThrow();
  }

  @Test
  void anEmptyDataSetHasNoRows() {
    EncodedDataset data = EncodedDataset.builder().build();
    assertThat(data.size()).isZero();
    assertThat(data.tokens()).isZero();
    assertThat(data.batch(new int[0], 0).size()).isZero();
  }

  @Test
  void aRowWithoutTokensIsRefused() {
    assertThatThrownBy(() -> EncodedDataset.builder().add(new int[0], 0))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("A row must have at least one token");
  }
}
