package org.sparkfinetune.slice;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Finds the slices that a classifier is worst on: of each column, of each two columns at once, and
 * of the rows that have a word. Rows are counted wherever they are ({@link Counts}); the tests are
 * made of the counts.
 *
 * <p>Every slice with enough rows in it, and enough others, is tested against the other rows, by
 * {@link FisherExact} or {@link WelchTest}, and all these tests are corrected for at once, by
 * {@link Holm}. Slices of two columns that have the very rows of one of the two are not tested.
 */
public final class SliceSearch implements Serializable {
  private static final long serialVersionUID = 1L;

  /** So many words are searched at most, those of the most rows. */
  public static final int MAX_WORDS = 1000;

  private static final long WORD = 1L << 62;

  private final SlicePlan plan;
  private final ArrayList<String> words;
  private final HashMap<String, Integer> places = new HashMap<>();
  private final WorstBy by;
  private final int minRows;
  private final int top;

  /**
   * @param words to look for, as {@link Words} gives them
   * @param by what makes a slice worse than others
   * @param minRows so many rows a slice has at least, and so many others there are
   * @param top how many slices are listed at most
   */
  public SliceSearch(SlicePlan plan, List<String> words, WorstBy by, int minRows, int top) {
    this.plan = plan;
    this.words = new ArrayList<>(words);
    words.forEach(word -> places.put(word, places.size()));
    this.by = by;
    this.minRows = minRows;
    this.top = top;
  }

  /** Whether the losses of rows count. */
  public boolean needsLosses() {
    return by == WorstBy.LOSS;
  }

  /** Counts without rows. */
  public Counts counts() {
    return new Counts();
  }

  /** Rows by slice: travels by its states, and does not mind their order. Not thread-safe. */
  public final class Counts {
    private final TreeMap<Long, ErrorSums> sums = new TreeMap<>();

    private Counts() {}

    /**
     * Adds a row.
     *
     * @param slices as {@link SlicePlan#of} gives them
     * @param ofRow its words; others than those that are looked for are passed over
     * @param isWrong whether its labels are predicted wrongly
     * @param loss its log loss; NaN where {@link #needsLosses} says that it does not count
     */
    public void add(int[] slices, Collection<String> ofRow, boolean isWrong, double loss) {
      for (int i = 0; i < slices.length; i++) {
        of(slices[i]).add(isWrong, loss);
        for (int j = Math.max(1, i + 1); i > 0 && j < slices.length; j++) {
          of((long) slices[i] << 31 | slices[j]).add(isWrong, loss);
        }
      }
      for (String word : ofRow) {
        Integer place = places.get(word);
        if (place != null) {
          of(WORD | place).add(isWrong, loss);
        }
      }
    }

    private ErrorSums of(long slice) {
      return sums.computeIfAbsent(slice, s -> new ErrorSums());
    }

    /** The states of slices, in so many parts, by slice: a slice's is in the same part always. */
    public List<double[]> states(int parts) {
      List<List<double[]>> states = new ArrayList<>();
      for (int part = 0; part < parts; part++) {
        states.add(new ArrayList<>());
      }
      sums.forEach(
          (slice, sum) -> {
            double[] state = sum.state();
            double[] named = new double[3 + state.length];
            named[0] = state.length;
            named[1] = slice >>> 31;
            named[2] = slice & (1L << 31) - 1;
            System.arraycopy(state, 0, named, 3, state.length);
            states.get(Math.floorMod(Long.hashCode(slice), parts)).add(named);
          });
      return states.stream().map(SliceSearch::joined).toList();
    }

    /** Adds rows of other counts, by one of their states. */
    public void merge(double[] joined) {
      for (int at = 0; at < joined.length; ) {
        int length = (int) joined[at];
        long slice = (long) joined[at + 1] << 31 | (long) joined[at + 2];
        double[] state = Arrays.copyOfRange(joined, at + 3, at + 3 + length);
        of(slice).merge(state);
        at += 3 + length;
      }
    }

    /** The worst slices of the rows so far. */
    public WorstSlices worst() {
      return SliceSearch.this.worst(sums);
    }
  }

  private static double[] joined(List<double[]> arrays) {
    double[] joined = new double[arrays.stream().mapToInt(a -> a.length).sum()];
    int at = 0;
    for (double[] array : arrays) {
      System.arraycopy(array, 0, joined, at, array.length);
      at += array.length;
    }
    return joined;
  }

  private WorstSlices worst(Map<Long, ErrorSums> sums) {
    ErrorSums all = sums.getOrDefault((long) SlicePlan.ALL, new ErrorSums());
    List<Long> tested =
        sums.keySet().stream()
            .filter(slice -> slice != SlicePlan.ALL)
            .filter(slice -> sums.get(slice).rows() >= minRows)
            .filter(slice -> all.rows() - sums.get(slice).rows() >= minRows)
            .filter(slice -> parts(slice).stream().noneMatch(part -> sameRows(sums, slice, part)))
            .toList();
    double[] pValues = new double[tested.size()];
    for (int i = 0; i < pValues.length; i++) {
      pValues[i] = by.pValue(all, sums.get(tested.get(i)));
    }
    double[] adjusted = Holm.adjusted(pValues);
    List<WorstSlice> listed = new ArrayList<>();
    for (int i = 0; i < pValues.length; i++) {
      long slice = tested.get(i);
      ErrorSums of = sums.get(slice);
      ErrorSums rest = all.without(of);
      boolean worseThanParts =
          parts(slice).stream().allMatch(part -> by.badness(of) > by.badness(sums.get(part)));
      if (by.badness(of) > by.badness(rest) && worseThanParts) {
        listed.add(
            new WorstSlice(
                name(slice),
                of.rows(),
                of.wrong(),
                by.badness(of),
                by.badness(rest),
                pValues[i],
                adjusted[i]));
      }
    }
    listed.sort(
        Comparator.comparingDouble(WorstSlice::pValue)
            .thenComparing(Comparator.comparingLong(WorstSlice::rows).reversed())
            .thenComparing(WorstSlice::name));
    return new WorstSlices(
        by, minRows, tested.size(), listed.subList(0, Math.min(top, listed.size())));
  }

  private static boolean sameRows(Map<Long, ErrorSums> sums, long slice, long part) {
    return sums.get(slice).rows() == sums.get(part).rows();
  }

  /** The slices of one column that a slice of two is in. */
  private static List<Long> parts(long slice) {
    boolean two = slice < WORD && slice >>> 31 > 0;
    return two ? List.of(slice >>> 31, slice & (1L << 31) - 1) : List.of();
  }

  private String name(long slice) {
    if (slice >= WORD) {
      return "word \"" + words.get((int) (slice - WORD)) + "\"";
    }
    List<Long> parts = parts(slice);
    return parts.isEmpty()
        ? plan.slices().get((int) slice).name()
        : plan.slices().get(parts.get(0).intValue()).name()
            + " & "
            + plan.slices().get(parts.get(1).intValue()).name();
  }
}
