package org.sparkfinetune.train.checkpoint;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;

/** Which checkpoints stay, as Hugging Face's Trainer rotates them. */
final class Retention {
  private Retention() {}

  /**
   * The steps that stay: the newest (training goes on from it), the best, and as many of the next
   * newest as the limit has room for.
   *
   * @param whole the steps of whole checkpoints
   * @param limit how many stay; 0 for all. With 1, the newest and another best both do
   * @param best without effect when there is no such checkpoint
   */
  static Set<Integer> kept(Collection<Integer> whole, int limit, OptionalInt best) {
    if (limit == 0) {
      return Set.copyOf(whole);
    }
    List<Integer> newestFirst = whole.stream().sorted(Comparator.reverseOrder()).toList();
    Set<Integer> kept = new TreeSet<>();
    newestFirst.stream().limit(1).forEach(kept::add);
    best.stream().filter(whole::contains).forEach(kept::add);
    for (int step : newestFirst) {
      if (kept.size() < limit) {
        kept.add(step);
      }
    }
    return kept;
  }
}
