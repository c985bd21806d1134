package org.sparkfinetune.explain;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.ToIntFunction;
import java.util.stream.IntStream;
import org.sparkfinetune.tokenize.Batch;

/** Cuts work into forward passes of a bounded number of tokens. */
final class Passes {
  private Passes() {}

  /**
   * As many pieces a pass as there is room for, at least one.
   *
   * @param length tokens of a piece, of which the longest of a pass is the length of all
   * @param tokens the most of a pass, padding included, which bounds its memory
   */
  static <T> List<List<T>> of(List<T> pieces, ToIntFunction<T> length, int tokens) {
    List<List<T>> passes = new ArrayList<>();
    int from = 0;
    int longest = 0;
    for (int i = 0; i < pieces.size(); i++) {
      int own = length.applyAsInt(pieces.get(i));
      longest = Math.max(longest, own);
      if (i > from && (long) longest * (i - from + 1) > tokens) {
        passes.add(pieces.subList(from, i));
        from = i;
        longest = own;
      }
    }
    if (from < pieces.size()) {
      passes.add(pieces.subList(from, pieces.size()));
    }
    return passes;
  }

  /** The indices of rows, those of like length together, so that little of a pass is padding. */
  static List<List<Integer>> byLength(List<TokenRow> rows, int tokens) {
    List<Integer> byLength =
        IntStream.range(0, rows.size())
            .boxed()
            .sorted(Comparator.comparingInt(row -> rows.get(row).length()))
            .toList();
    return of(byLength, row -> rows.get(row).length(), tokens);
  }

  /** Rows padded to the longest of them, without labels. */
  static Batch batch(List<TokenRow> rows, int padTokenId) {
    return Batch.of(
        rows.stream().map(TokenRow::ids).toList(),
        rows.stream().mapToInt(TokenRow::secondSegmentStart).toArray(),
        new int[rows.size()][0],
        padTokenId);
  }
}
