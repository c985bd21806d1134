package org.sparkfinetune.explain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.BitSet;
import java.util.List;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.api.Test;

class KernelShapTest {
  private static double[] values(int words, int samples, ToDoubleFunction<BitSet> logit) {
    KernelShap shap = new KernelShap(words, samples, 7);
    BitSet all = new BitSet();
    all.set(0, words);
    List<BitSet> sets = shap.sets();
    return shap.values(
        sets.stream().mapToDouble(logit).toArray(),
        logit.applyAsDouble(new BitSet()),
        logit.applyAsDouble(all));
  }

  /** What two do together each has half of; computed by hand. */
  @Test
  void ofAllSetsTheyAreShapleysValues() {
    double[] values =
        values(
            3,
            100,
            set ->
                1
                    + (set.get(0) ? 2 : 0)
                    + (set.get(0) && set.get(1) ? 4 : 0)
                    + (set.get(0) && set.get(1) && set.get(2) ? 6 : 0));
    assertThat(values).containsExactly(new double[] {6, 4, 2}, within(1e-9));
  }

  /** Of a sum any sets that tell the words apart do. */
  @Test
  void ofDrawnSetsASumIsExact() {
    double[] expected = new double[40];
    for (int word = 0; word < expected.length; word++) {
      expected[word] = Math.sin(word);
    }
    double[] values =
        values(expected.length, 512, set -> set.stream().mapToDouble(word -> expected[word]).sum());
    assertThat(values).containsExactly(expected, within(1e-9));
  }

  /** Rank may lack, and then the sum is still that of all words. */
  @Test
  void fewSetsStillAddUp() {
    double[] values = values(30, 6, set -> set.cardinality() * (double) set.cardinality());
    double sum = 0;
    for (double value : values) {
      sum += value;
    }
    assertThat(sum).isCloseTo(900, within(1e-9));
  }

  @Test
  void oneWordHasItAll() {
    assertThat(values(1, 100, set -> set.isEmpty() ? 1 : 4)).containsExactly(3);
  }
}
