package org.sparkfinetune.explain;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The sets of words whose probabilities a {@link Faithfulness} is made of, for one order of the
 * words: the places of the curves, at most {@value #PLACES} and both ends, and ERASER's shares.
 */
final class FaithfulnessCurve {
  static final int PLACES = 10;
  private static final double[] SHARES = {0.01, 0.05, 0.1, 0.2, 0.5};

  private final int words;
  private final int[] order;
  // By how many of the first words they have, or lack.
  private final Map<Integer, Integer> with = new LinkedHashMap<>();
  private final Map<Integer, Integer> without = new LinkedHashMap<>();
  private final List<BitSet> sets = new ArrayList<>();

  /**
   * @param order the places of the words, the one with the largest score first; at least one
   */
  FaithfulnessCurve(int[] order) {
    this.words = order.length;
    this.order = order;
    for (int i = 0; i <= places(); i++) {
      add(place(i));
    }
    for (double share : SHARES) {
      add(top(share));
    }
  }

  private int places() {
    return Math.min(PLACES, words);
  }

  private int place(int i) {
    return (int) Math.round((double) i * words / places());
  }

  /** How many words a share is: at least one, as ERASER rounds up. */
  private int top(double share) {
    return (int) Math.ceil(share * words);
  }

  private void add(int count) {
    BitSet first = new BitSet();
    for (int i = 0; i < count; i++) {
      first.set(order[i]);
    }
    BitSet others = (BitSet) first.clone();
    others.flip(0, words);
    if (with.putIfAbsent(count, sets.size()) == null) {
      sets.add(first);
      without.put(count, sets.size());
      sets.add(others);
    }
  }

  /** The sets of words that stay; the probability of each is wanted. */
  List<BitSet> sets() {
    return sets;
  }

  /**
   * What they say.
   *
   * @param probabilities of each of {@link #sets}
   */
  Faithfulness of(double[] probabilities) {
    double whole = probabilities[without.get(0)];
    double comprehensiveness = 0;
    double sufficiency = 0;
    for (double share : SHARES) {
      comprehensiveness += whole - probabilities[without.get(top(share))];
      sufficiency += whole - probabilities[with.get(top(share))];
    }
    return new Faithfulness(
        comprehensiveness / SHARES.length,
        sufficiency / SHARES.length,
        area(without, probabilities),
        area(with, probabilities));
  }

  /** By trapezoids, over the share of the words. */
  private double area(Map<Integer, Integer> sets, double[] probabilities) {
    double area = 0;
    for (int i = 1; i <= places(); i++) {
      double width = (double) (place(i) - place(i - 1)) / words;
      double left = probabilities[sets.get(place(i - 1))];
      double right = probabilities[sets.get(place(i))];
      area += width * (left + right) / 2;
    }
    return area;
  }
}
