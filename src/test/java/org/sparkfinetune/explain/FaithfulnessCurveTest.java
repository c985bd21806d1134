package org.sparkfinetune.explain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.BitSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class FaithfulnessCurveTest {
  private static final double TOLERANCE = 1e-12;

  /** Of a model whose probability is the share of the weight that stays. */
  private static Faithfulness of(int[] order, double... weights) {
    FaithfulnessCurve curve = new FaithfulnessCurve(order);
    return curve.of(curve.sets().stream().mapToDouble(set -> probability(set, weights)).toArray());
  }

  private static double probability(BitSet set, double[] weights) {
    return set.stream().mapToDouble(word -> weights[word]).sum();
  }

  /** The top 1 to 50 % of four words are one word, and at 50 % two; the curves have all places. */
  @Test
  void fewWordsByHand() {
    Faithfulness best = of(new int[] {2, 0, 3, 1}, 0.3, 0.0, 0.6, 0.1);
    assertThat(best.comprehensiveness()).isCloseTo((4 * 0.6 + 0.9) / 5, within(TOLERANCE));
    assertThat(best.sufficiency()).isCloseTo((4 * 0.4 + 0.1) / 5, within(TOLERANCE));
    double deletion = (0.5 * 1 + 0.4 + 0.1 + 0) / 4;
    assertThat(best.deletion()).isCloseTo(deletion, within(TOLERANCE));
    assertThat(best.insertion()).isCloseTo((0.6 + 0.9 + 1 + 0.5 * 1) / 4, within(TOLERANCE));

    Faithfulness worst = of(new int[] {1, 3, 0, 2}, 0.3, 0.0, 0.6, 0.1);
    assertThat(worst.comprehensiveness()).isLessThan(best.comprehensiveness());
    assertThat(worst.sufficiency()).isGreaterThan(best.sufficiency());
    assertThat(worst.deletion()).isGreaterThan(best.deletion());
    assertThat(worst.insertion()).isLessThan(best.insertion());
  }

  @Test
  void oneWordAlone() {
    Faithfulness one = of(new int[] {0}, 0.8);
    assertThat(one.comprehensiveness()).isCloseTo(0.8, within(TOLERANCE));
    assertThat(one.sufficiency()).isCloseTo(0, within(TOLERANCE));
    assertThat(one.deletion()).isCloseTo(0.4, within(TOLERANCE));
  }

  /** Words that are all alike make straight lines, however many places there are on them. */
  @Test
  void manyWordsTakeAFewPasses() {
    for (int words : new int[] {10, 37, 400}) {
      double[] weights = IntStream.range(0, words).mapToDouble(word -> 1.0 / words).toArray();
      int[] order = IntStream.range(0, words).toArray();
      assertThat(new FaithfulnessCurve(order).sets().size()).isLessThanOrEqualTo(32);
      Faithfulness even = of(order, weights);
      assertThat(even.deletion()).isCloseTo(0.5, within(TOLERANCE));
      assertThat(even.insertion()).isCloseTo(0.5, within(TOLERANCE));
      double mean = 0;
      for (double share : new double[] {0.01, 0.05, 0.1, 0.2, 0.5}) {
        mean += Math.ceil(share * words) / words / 5;
      }
      assertThat(even.comprehensiveness()).isCloseTo(mean, within(TOLERANCE));
      assertThat(even.sufficiency()).isCloseTo(1 - mean, within(TOLERANCE));
    }
  }
}
