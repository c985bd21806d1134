package org.sparkfinetune.data;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;

/**
 * Splits multi-label examples so that each part has its share of every label: iterative
 * stratification (Sechidis, Tsoumakas and Vlahavas, 2011, <i>On the Stratification of Multi-label
 * Data</i>).
 *
 * <p>The label with the fewest examples left goes first: each of its examples goes to the part that
 * still needs most examples of that label; between equal parts, to the one that needs most examples
 * at all; then to the first. Where the paper draws lots, the order given here decides, so that the
 * same examples are always split alike. Examples without labels come last. A label keeps at least
 * one example in the first part, training.
 */
final class IterativeStratification {
  private static final List<String> PARTS = List.of(Split.TRAIN, Split.VALIDATION, Split.TEST);

  private IterativeStratification() {}

  /**
   * The texts that are held out.
   *
   * @param texts rows of fingerprint, draw and labels, in any order; each text once
   * @return rows of fingerprint, draw and split
   */
  static Iterator<Row> heldOut(Iterator<Row> texts, double validationShare, double testShare) {
    List<Row> rows = new ArrayList<>();
    texts.forEachRemaining(rows::add);
    // The draw is a seeded hash of the text: this is the lot.
    rows.sort(
        Comparator.<Row>comparingLong(row -> row.getLong(1))
            .thenComparingLong(row -> row.getLong(0)));
    LabelIds ids = new LabelIds(rows);
    int[] parts =
        assign(
            rows.stream().map(ids::of).toArray(int[][]::new),
            ids.size(),
            new double[] {1 - validationShare - testShare, validationShare, testShare});
    return IntStream.range(0, parts.length)
        .filter(i -> parts[i] > 0)
        .mapToObj(
            i -> {
              Row row = rows.get(i);
              return RowFactory.create(row.getLong(0), row.getLong(1), PARTS.get(parts[i]));
            })
        .iterator();
  }

  /**
   * The part of each example.
   *
   * @param examples label ids of each, without repetitions
   * @param labels one more than the largest id
   * @param shares of the parts, which sum to 1
   */
  static int[] assign(int[][] examples, int labels, double[] shares) {
    int[] left = new int[labels];
    for (int[] example : examples) {
      for (int label : example) {
        left[label]++;
      }
    }
    int[][] examplesOf = Arrays.stream(left).mapToObj(int[]::new).toArray(int[][]::new);
    int[] filled = new int[labels];
    for (int i = 0; i < examples.length; i++) {
      for (int label : examples[i]) {
        examplesOf[label][filled[label]++] = i;
      }
    }
    double[] wanted = Arrays.stream(shares).map(share -> share * examples.length).toArray();
    double[][] wantedOf = new double[labels][];
    for (int label = 0; label < labels; label++) {
      int count = left[label];
      wantedOf[label] = Arrays.stream(shares).map(share -> share * count).toArray();
    }
    int[] parts = new int[examples.length];
    Arrays.fill(parts, -1);
    for (int label = rarest(left); label >= 0; label = rarest(left)) {
      for (int i : examplesOf[label]) {
        if (parts[i] < 0) {
          int part = neediest(wantedOf[label], wanted);
          parts[i] = part;
          wanted[part]--;
          for (int other : examples[i]) {
            wantedOf[other][part]--;
            left[other]--;
          }
        }
      }
    }
    for (int i = 0; i < parts.length; i++) {
      if (parts[i] < 0) {
        parts[i] = neediest(wanted, wanted);
        wanted[parts[i]]--;
      }
    }
    keepEachLabelInTraining(examplesOf, parts);
    return parts;
  }

  /** Shares can be such that all examples of a label were to be held out. */
  private static void keepEachLabelInTraining(int[][] examplesOf, int[] parts) {
    for (int[] examples : examplesOf) {
      if (examples.length > 0 && Arrays.stream(examples).noneMatch(i -> parts[i] == 0)) {
        parts[examples[0]] = 0;
      }
    }
  }

  /** The label with the fewest examples left, the first of equals; -1 when none has any. */
  private static int rarest(int[] left) {
    int rarest = -1;
    for (int label = 0; label < left.length; label++) {
      if (left[label] > 0 && (rarest < 0 || left[label] < left[rarest])) {
        rarest = label;
      }
    }
    return rarest;
  }

  private static int neediest(double[] wantedOfLabel, double[] wanted) {
    int best = 0;
    for (int part = 1; part < wanted.length; part++) {
      int order = Double.compare(wantedOfLabel[part], wantedOfLabel[best]);
      if (order > 0 || order == 0 && wanted[part] > wanted[best]) {
        best = part;
      }
    }
    return best;
  }

  /** Numbers the labels of rows in sorted order. */
  private static final class LabelIds {
    private final List<String> names;

    LabelIds(List<Row> rows) {
      TreeSet<String> sorted = new TreeSet<>();
      rows.forEach(row -> sorted.addAll(row.<String>getList(2)));
      names = List.copyOf(sorted);
    }

    int size() {
      return names.size();
    }

    int[] of(Row row) {
      return row.<String>getList(2).stream()
          .mapToInt(label -> Collections.binarySearch(names, label))
          .toArray();
    }
  }
}
