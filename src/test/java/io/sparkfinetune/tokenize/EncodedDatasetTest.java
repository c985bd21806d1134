package io.sparkfinetune.tokenize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class EncodedDatasetTest {
  @Test
  void holdsRowsByLengthThenIdsThenLabel() {
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
    assertThat(IntStream.range(0, 5).map(data::length)).containsExactly(1, 1, 2, 2, 3);
    assertThat(IntStream.range(0, 5).map(row -> data.labels(row)[0]))
        .containsExactly(3, 4, 2, 1, 0);
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
    Batch batch = data.batch(new int[] {1, 0}, 99);
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
    Batch batch = data.batch(new int[] {1, 0}, 0);
    assertThat(batch.labels()).isDeepEqualTo(new int[][] {{0, 4}, {}});
    assertThat(batch.tokenTypeIds()).containsExactly(0, 1, 1, 0, 0, 0);
    assertThat(data.batch(new int[] {0}, 0).tokenTypeIds()).isNull();
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
