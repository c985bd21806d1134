package org.sparkfinetune.conformal;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Counts what {@link PredictionSets} give labeled rows: the same whatever order they come in and
 * however many processes share them. Not thread-safe.
 */
public final class SetCounts {
  private static final int ROWS = 0;
  private static final int COVERED = 1;
  private static final int LABELS = 2;
  private static final int EMPTY = 3;
  private static final int COUNTS = 4;

  private final PredictionSets sets;

  /** By coverage. Counts are exact up to 2^53. */
  private final double[] counts;

  /** One without rows. */
  public SetCounts(PredictionSets sets) {
    this.sets = sets;
    counts = new double[COUNTS * sets.coverages().size()];
  }

  /**
   * Adds a row.
   *
   * @param label the index of its own one
   * @param probabilities by label index
   * @param textHash as of {@link PredictionSets#of}
   */
  public void add(int label, double[] probabilities, long textHash) {
    int at = 0;
    for (double coverage : sets.coverages()) {
      int[] set = sets.of(coverage, probabilities, textHash);
      counts[at + ROWS]++;
      counts[at + COVERED] += Arrays.stream(set).anyMatch(in -> in == label) ? 1 : 0;
      counts[at + LABELS] += set.length;
      counts[at + EMPTY] += set.length == 0 ? 1 : 0;
      at += COUNTS;
    }
  }

  /** All that {@link #merge} needs to know of the rows so far. */
  public double[] state() {
    return counts.clone();
  }

  /** Adds the rows of another one of the same sets, by its state. */
  public void merge(double[] state) {
    for (int i = 0; i < counts.length; i++) {
      counts[i] += state[i];
    }
  }

  /** What the rows have, by coverage, ascending; none without rows. */
  public List<SetCoverage> result() {
    List<SetCoverage> result = new ArrayList<>();
    int at = 0;
    for (double coverage : sets.coverages()) {
      double rows = counts[at + ROWS];
      if (rows > 0) {
        result.add(
            new SetCoverage(
                coverage,
                counts[at + COVERED] / rows,
                counts[at + LABELS] / rows,
                counts[at + EMPTY] / rows));
      }
      at += COUNTS;
    }
    return result;
  }
}
