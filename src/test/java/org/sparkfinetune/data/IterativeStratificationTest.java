package org.sparkfinetune.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class IterativeStratificationTest {
  private static final double[] SHARES = {0.8, 0.1, 0.1};

  @Test
  void eachPartHasItsShareOfEveryLabelAndOfAllExamples() {
    Random random = new Random(3);
    int labels = 12;
    // Label l is on about one example in l + 2, and goes along with l + 1 more often than not.
    int[][] examples = new int[2000][];
    for (int i = 0; i < examples.length; i++) {
      boolean[] has = new boolean[labels];
      for (int l = 0; l < labels; l++) {
        has[l] = random.nextInt(3 * l + 2) == 0 || l > 0 && has[l - 1] && random.nextInt(4) == 0;
      }
      examples[i] = IntStream.range(0, labels).filter(l -> has[l]).toArray();
    }
    int[] parts = IterativeStratification.assign(examples, labels, SHARES);

    for (int part = 0; part < SHARES.length; part++) {
      int p = part;
      assertThat(Arrays.stream(parts).filter(of -> of == p).count())
          .isCloseTo(Math.round(SHARES[p] * examples.length), within(2L));
      for (int label = 0; label < labels; label++) {
        assertThat((double) count(examples, parts, label, p))
            .as("label %d in part %d", label, p)
            .isCloseTo(SHARES[p] * count(examples, parts, label, -1), within(2.0));
      }
    }
    assertThat(IterativeStratification.assign(examples, labels, SHARES)).isEqualTo(parts);
  }

  @Test
  void aRareLabelStaysInTrainingFirst() {
    int[][] examples = {{0}, {1, 0}, {0}, {}, {2}, {2}, {2, 0}};
    int[] parts = IterativeStratification.assign(examples, 3, SHARES);
    assertThat(parts[1]).as("the only example of label 1").isZero();
    assertThat(parts[4]).as("the first example of label 2").isZero();
  }

  @Test
  void noShareTakesALabelOutOfTraining() {
    int[][] examples = {{0}, {0, 1}, {2}, {1}, {0}, {3, 0}};
    for (double[] shares : new double[][] {{0.02, 0.49, 0.49}, {0.1, 0.9, 0}, {0.1, 0, 0.9}}) {
      int[] parts = IterativeStratification.assign(examples, 4, shares);
      for (int label = 0; label < 4; label++) {
        assertThat(count(examples, parts, label, 0)).as("label %d", label).isPositive();
      }
    }
  }

  private static long count(int[][] examples, int[] parts, int label, int part) {
    long count = 0;
    for (int i = 0; i < examples.length; i++) {
      boolean has = Arrays.stream(examples[i]).anyMatch(l -> l == label);
      count += has && (part < 0 || parts[i] == part) ? 1 : 0;
    }
    return count;
  }
}
