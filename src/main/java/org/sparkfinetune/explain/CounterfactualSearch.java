package org.sparkfinetune.explain;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * Looks for the least words without which a decision is another one.
 *
 * <p>One word is found whenever there is one: all are tried. Else words go in a given order until
 * the decision changes, and each that turns out not to be needed comes back. So none of the words
 * found can be spared, one by one, and of up to two words there are no fewer that would do; of more
 * there may be.
 */
final class CounterfactualSearch {
  private static final int FIRST = 8;

  private final int words;
  private final Function<List<BitSet>, float[][]> logits;
  private final Predicate<float[]> changed;

  /**
   * @param words how many there are
   * @param logits of a text of which these words stay, for each set of them
   * @param changed whether the decision is another one
   */
  CounterfactualSearch(
      int words, Function<List<BitSet>, float[][]> logits, Predicate<float[]> changed) {
    this.words = words;
    this.logits = logits;
    this.changed = changed;
  }

  /**
   * The words that go.
   *
   * @param order all words, those first that are likely to change the decision
   * @return empty where the decision stays also without any word
   */
  Optional<BitSet> of(List<Integer> order) {
    List<BitSet> single = new ArrayList<>();
    for (int word : order) {
      single.add(set(List.of(word)));
    }
    int found = first(single);
    if (found >= 0) {
      return Optional.of(single.get(found));
    }
    int size = 2;
    // In growing steps: most texts need few, and a long one should not cost all of its prefixes.
    for (int step = FIRST; size <= words; step *= 2) {
      List<BitSet> prefixes = new ArrayList<>();
      for (; size <= words && prefixes.size() < step; size++) {
        prefixes.add(set(order.subList(0, size)));
      }
      found = first(prefixes);
      if (found >= 0) {
        return Optional.of(pruned(prefixes.get(found), order));
      }
    }
    return Optional.empty();
  }

  /**
   * Without words that are not needed, the last ones of the order first: as many at once as can be,
   * so that a long text takes few rounds.
   */
  private BitSet pruned(BitSet gone, List<Integer> order) {
    BitSet needed = gone;
    while (needed.cardinality() > 2) {
      List<Integer> spared = new ArrayList<>();
      List<BitSet> smaller = new ArrayList<>();
      for (int i = order.size() - 1; i >= 0; i--) {
        if (needed.get(order.get(i))) {
          spared.add(order.get(i));
          smaller.add(less(needed, List.of(order.get(i))));
        }
      }
      BitSet changing = changing(smaller);
      if (changing.isEmpty()) {
        return needed;
      }
      List<Integer> each = changing.stream().mapToObj(spared::get).toList();
      List<BitSet> together = new ArrayList<>();
      // No single word will do: two stay.
      int most = Math.min(each.size(), needed.cardinality() - 2);
      for (int size = 1; size <= most; size++) {
        together.add(less(needed, each.subList(0, size)));
      }
      needed = together.get(Math.max(0, changing(together).length() - 1));
    }
    return needed;
  }

  /** The place of the first set without which the decision changes; -1 for none. */
  private int first(List<BitSet> gone) {
    return changing(gone).nextSetBit(0);
  }

  /** The places of the sets without which the decision changes. */
  private BitSet changing(List<BitSet> gone) {
    List<BitSet> kept = new ArrayList<>();
    for (BitSet set : gone) {
      BitSet rest = (BitSet) set.clone();
      rest.flip(0, words);
      kept.add(rest);
    }
    float[][] found = logits.apply(kept);
    BitSet changing = new BitSet();
    for (int i = 0; i < found.length; i++) {
      changing.set(i, changed.test(found[i]));
    }
    return changing;
  }

  private static BitSet less(BitSet set, List<Integer> words) {
    BitSet less = (BitSet) set.clone();
    words.forEach(less::clear);
    return less;
  }

  private static BitSet set(List<Integer> words) {
    BitSet set = new BitSet();
    words.forEach(set::set);
    return set;
  }
}
