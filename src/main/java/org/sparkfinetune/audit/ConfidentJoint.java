package org.sparkfinetune.audit;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * How many rows have which given and which true label, as confident learning estimates it: rows
 * that are confidently counted, brought to the number of rows that each given label has. All
 * definitions are cleanlab's ({@code cleanlab.count}), to the order of its sums, since what is
 * rounded to whole rows may lie half-way between two of them.
 *
 * <p>Immutable. Of K classes it holds K x K numbers.
 */
final class ConfidentJoint {
  /** What cleanlab divides by at least. */
  private static final double TINY = 1e-100;

  private static final double SMALLEST_PRIOR = 1e-6;
  private static final double LARGEST_NOISE = 0.9999;

  private final long[] labelCounts;
  private final long[][] counts;

  private ConfidentJoint(long[] labelCounts, long[][] counts) {
    this.labelCounts = labelCounts;
    this.counts = counts;
  }

  /**
   * Calibrates counts.
   *
   * @param labelCounts rows by given label
   * @param confident rows by given label and class that they are confidently counted in; changed: a
   *     class has at least one row on the diagonal
   */
  static ConfidentJoint of(long[] labelCounts, long[][] confident) {
    int classes = labelCounts.length;
    double[][] calibrated = new double[classes][classes];
    for (int given = 0; given < classes; given++) {
      confident[given][given] = Math.max(1, confident[given][given]);
      double sum = Math.max(TINY, Arrays.stream(confident[given]).sum());
      for (int k = 0; k < classes; k++) {
        calibrated[given][k] = confident[given][k] / sum * labelCounts[given];
      }
    }
    double[] inMemory = new double[classes * classes];
    for (int k = 0; k < classes; k++) {
      for (int given = 0; given < classes; given++) {
        inMemory[k * classes + given] = calibrated[given][k];
      }
    }
    double sum = Math.max(TINY, pairwiseSum(inMemory, 0, inMemory.length));
    long rows = Arrays.stream(labelCounts).sum();
    long[][] counts = new long[classes][];
    for (int given = 0; given < classes; given++) {
      for (int k = 0; k < classes; k++) {
        calibrated[given][k] = calibrated[given][k] / sum * rows;
      }
      counts[given] = rounded(calibrated[given]);
    }
    return new ConfidentJoint(labelCounts.clone(), counts);
  }

  /** Rows by given label and true label, whole numbers. */
  long count(int given, int trueLabel) {
    return counts[given][trueLabel];
  }

  int classes() {
    return labelCounts.length;
  }

  /** Rows of a given label. */
  long labelCount(int given) {
    return labelCounts[given];
  }

  /** The share of all rows that have these given and true labels. */
  double joint(int given, int trueLabel) {
    long sum = Arrays.stream(counts).flatMapToLong(Arrays::stream).sum();
    return counts[given][trueLabel] / Math.max(TINY, sum);
  }

  /**
   * Two classes that are labeled as each other.
   *
   * @param one the lower index
   * @param rows how many, estimated
   * @param share the same of all rows, from 0 to 1
   */
  record Overlap(int one, int other, long rows, double share) {}

  /**
   * The classes that overlap, as cleanlab's {@code find_overlapping_classes} has them: the largest
   * share first, and of equal ones the lower indices. Pairs without rows are left out.
   */
  List<Overlap> overlapping() {
    double sum = Math.max(TINY, Arrays.stream(counts).flatMapToLong(Arrays::stream).sum());
    long rows = Arrays.stream(labelCounts).sum();
    List<Overlap> pairs = new ArrayList<>();
    for (int one = 0; one < classes(); one++) {
      for (int other = one + 1; other < classes(); other++) {
        double share = counts[one][other] / sum + counts[other][one] / sum;
        if (share > 0) {
          pairs.add(new Overlap(one, other, (long) Math.rint(share * rows), share));
        }
      }
    }
    pairs.sort(Comparator.comparingDouble(Overlap::share).reversed());
    return pairs;
  }

  /** The share of rows whose given label is not the true one. */
  double noise() {
    long sum = 0;
    long right = 0;
    for (int given = 0; given < classes(); given++) {
      sum += Arrays.stream(counts[given]).sum();
      right += counts[given][given];
    }
    return sum == 0 ? 0 : (double) (sum - right) / sum;
  }

  /** The share of a given label's rows whose true label is another one. */
  double noise(int given) {
    long sum = Arrays.stream(counts[given]).sum();
    return sum == 0 ? 0 : (double) (sum - counts[given][given]) / sum;
  }

  /** P(given label | true label), {@code [given][true]}: columns sum to 1. */
  double[][] noiseMatrix() {
    return clipped(rawNoiseMatrix());
  }

  private double[][] rawNoiseMatrix() {
    int classes = classes();
    double[][] noise = new double[classes][classes];
    for (int k = 0; k < classes; k++) {
      double sum = 0;
      for (int given = 0; given < classes; given++) {
        sum += counts[given][k];
      }
      for (int given = 0; given < classes; given++) {
        noise[given][k] = counts[given][k] / Math.max(TINY, sum);
      }
    }
    return noise;
  }

  /** P(true label | given label), {@code [true][given]}: columns sum to 1. */
  double[][] inverseNoiseMatrix() {
    return clipped(rawInverseNoiseMatrix());
  }

  private double[][] rawInverseNoiseMatrix() {
    int classes = classes();
    double[][] inverse = new double[classes][classes];
    for (int given = 0; given < classes; given++) {
      double sum = Math.max(TINY, Arrays.stream(counts[given]).sum());
      for (int k = 0; k < classes; k++) {
        inverse[k][given] = counts[given][k] / sum;
      }
    }
    return inverse;
  }

  /** P(true label), as {@code estimate_latent} has it by its default, {@code cnt}. */
  double[] prior() {
    double[][] noise = rawNoiseMatrix();
    double[][] inverse = rawInverseNoiseMatrix();
    double rows = Arrays.stream(labelCounts).sum();
    double[] prior = new double[classes()];
    for (int k = 0; k < prior.length; k++) {
      double py = inverse[k][k] / Math.max(TINY, noise[k][k]) * (labelCounts[k] / rows);
      prior[k] = Math.min(1, Math.max(SMALLEST_PRIOR, py));
    }
    double sum = Math.max(TINY, Arrays.stream(prior).sum());
    return Arrays.stream(prior).map(py -> py / sum).toArray();
  }

  /** No noise rate reaches 1, and columns sum to 1. */
  private static double[][] clipped(double[][] matrix) {
    int classes = matrix.length;
    for (int column = 0; column < classes; column++) {
      double sum = 0;
      for (int row = 0; row < classes; row++) {
        if (row != column) {
          matrix[row][column] = Math.min(LARGEST_NOISE, matrix[row][column]);
        }
        sum += matrix[row][column];
      }
      for (int row = 0; row < classes; row++) {
        matrix[row][column] /= Math.max(TINY, sum);
      }
    }
    return matrix;
  }

  /**
   * How many rows to call issues, {@code [given][true]}; on the diagonal how many to keep, which is
   * at least one a class.
   */
  long[][] pruneCounts() {
    int classes = classes();
    long[][] prune = new long[classes][classes];
    for (int given = 0; given < classes; given++) {
      long kept = Math.max(1, counts[given][given]);
      long added = kept - counts[given][given];
      long nonZero = Arrays.stream(counts[given]).filter(count -> count != 0).count();
      double less = added / Math.max(nonZero - 1.0, 1.0);
      for (int k = 0; k < classes; k++) {
        prune[given][k] = k == given ? kept : (long) Math.max(0, counts[given][k] - less);
      }
    }
    return prune;
  }

  /**
   * Whole numbers with the same sum: those that rounding has moved furthest are moved back. Of
   * equal ones, cleanlab takes what numpy's sort happens to put first, which differs by processor;
   * here it is what a stable sort puts there.
   */
  static long[] rounded(double[] numbers) {
    double[] whole = Arrays.stream(numbers).map(Math::rint).toArray();
    double wanted = Math.rint(pairwiseSum(numbers, 0, numbers.length));
    double sum = Math.rint(Arrays.stream(whole).sum());
    while (Math.abs(sum - wanted) > 1e-6) {
      double missing = Math.rint(wanted - sum);
      boolean less = missing < 0;
      int changes = (int) Math.min(Math.abs(missing), numbers.length);
      Integer[] order = IntStream.range(0, numbers.length).boxed().toArray(Integer[]::new);
      Arrays.sort(order, Comparator.comparingDouble(i -> numbers[i] - whole[i]));
      for (int i = 0; i < changes; i++) {
        whole[less ? order[i] : order[order.length - 1 - i]] += less ? -1 : 1;
      }
      sum = Math.rint(Arrays.stream(whole).sum());
    }
    return Arrays.stream(whole).mapToLong(number -> (long) number).toArray();
  }

  /** A sum of doubles in numpy's order: by halves, and in a block of 128 by eight at once. */
  private static double pairwiseSum(double[] numbers, int from, int count) {
    if (count < 8) {
      double sum = 0;
      for (int i = 0; i < count; i++) {
        sum += numbers[from + i];
      }
      return sum;
    }
    if (count > 128) {
      int half = count / 2;
      half -= half % 8;
      return pairwiseSum(numbers, from, half) + pairwiseSum(numbers, from + half, count - half);
    }
    double[] sums = Arrays.copyOfRange(numbers, from, from + 8);
    int i = 8;
    for (; i < count - count % 8; i += 8) {
      for (int lane = 0; lane < 8; lane++) {
        sums[lane] += numbers[from + i + lane];
      }
    }
    double sum =
        ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]));
    for (; i < count; i++) {
      sum += numbers[from + i];
    }
    return sum;
  }
}
