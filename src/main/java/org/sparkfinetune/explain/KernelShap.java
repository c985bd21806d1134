package org.sparkfinetune.explain;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Random;
import org.apache.commons.math3.linear.Array2DRowRealMatrix;
import org.apache.commons.math3.linear.ArrayRealVector;
import org.apache.commons.math3.linear.SingularValueDecomposition;
import org.apache.commons.math3.util.CombinatoricsUtils;

/**
 * Shapley values as the solution of a weighted regression on sets of words (Lundberg and Lee, 2017,
 * theorem 2): those whose sum is what all words together change, exactly.
 */
final class KernelShap {
  private final int words;
  private final List<BitSet> sets = new ArrayList<>();
  private final List<Double> weights = new ArrayList<>();

  /**
   * The sets of words to be looked at.
   *
   * @param samples all sets but the empty and the whole one are taken where there are no more; else
   *     as many are drawn, each with its complement, the sizes by the kernel's weights
   */
  KernelShap(int words, int samples, long seed) {
    this.words = words;
    if (words < 31 && (1L << words) - 2 <= samples) {
      for (int set = 1; set < (1 << words) - 1; set++) {
        add(BitSet.valueOf(new long[] {set}), weight(Integer.bitCount(set)));
      }
    } else {
      draw(samples, new Random(seed));
    }
  }

  /** {@code (M - 1) / (C(M, s) s (M - s))} of sets of {@code s} of {@code M} words. */
  private double weight(int size) {
    return (words - 1)
        / (CombinatoricsUtils.binomialCoefficientDouble(words, size) * size * (words - size));
  }

  private void draw(int samples, Random random) {
    // Of all sets of a size together the kernel's weight is 1 / (s (M - s)), but for a constant.
    double[] cumulative = new double[words - 1];
    double sum = 0;
    for (int size = 1; size < words; size++) {
      sum += 1.0 / ((double) size * (words - size));
      cumulative[size - 1] = sum;
    }
    int[] order = new int[words];
    Arrays.setAll(order, i -> i);
    for (int i = 0; i < samples / 2; i++) {
      double drawn = random.nextDouble() * sum;
      int size = 1;
      while (size < words - 1 && cumulative[size - 1] < drawn) {
        size++;
      }
      BitSet set = new BitSet(words);
      for (int place = 0; place < size; place++) {
        int other = place + random.nextInt(words - place);
        int swapped = order[place];
        order[place] = order[other];
        order[other] = swapped;
        set.set(order[place]);
      }
      add(set, 1);
      BitSet complement = (BitSet) set.clone();
      complement.flip(0, words);
      add(complement, 1);
    }
  }

  private void add(BitSet set, double weight) {
    sets.add(set);
    weights.add(weight);
  }

  /** The sets of words that stay; the logits of each are wanted. */
  List<BitSet> sets() {
    return sets;
  }

  /**
   * The words' values.
   *
   * @param logits of each of {@link #sets}
   * @param none the logit without any word
   * @param all the logit with all
   */
  double[] values(double[] logits, double none, double all) {
    if (words == 1) {
      return new double[] {all - none};
    }
    // The last word's value is what the others leave of the sum.
    int free = words - 1;
    double[][] squares = new double[free][free];
    double[] products = new double[free];
    double[] row = new double[free];
    for (int i = 0; i < sets.size(); i++) {
      BitSet set = sets.get(i);
      double last = set.get(free) ? 1 : 0;
      double y = logits[i] - none - last * (all - none);
      for (int word = 0; word < free; word++) {
        row[word] = (set.get(word) ? 1 : 0) - last;
      }
      for (int a = 0; a < free; a++) {
        double weighted = weights.get(i) * row[a];
        if (weighted != 0) {
          products[a] += weighted * y;
          for (int b = 0; b < free; b++) {
            squares[a][b] += weighted * row[b];
          }
        }
      }
    }
    // Of fewer sets than words the shortest of all solutions.
    double[] solved =
        new SingularValueDecomposition(new Array2DRowRealMatrix(squares, false))
            .getSolver()
            .solve(new ArrayRealVector(products, false))
            .toArray();
    double[] values = Arrays.copyOf(solved, words);
    values[free] = all - none - Arrays.stream(solved).sum();
    return values;
  }
}
