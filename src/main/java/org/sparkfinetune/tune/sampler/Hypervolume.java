package org.sparkfinetune.tune.sampler;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/** The volume between points and a reference that all of them are better than. */
final class Hypervolume {
  private Hypervolume() {}

  /**
   * Some of the points, one after the other that which adds most: the greedy algorithm, whose
   * volume is at least 63 % of the largest.
   *
   * @return their positions
   */
  static List<Integer> subset(double[][] points, double[] reference, int n) {
    List<Integer> chosen = new ArrayList<>();
    List<double[]> volumeOf = new ArrayList<>();
    double[] gains = new double[points.length];
    for (int i = 0; i < points.length; i++) {
      gains[i] = box(points[i], reference);
    }
    while (true) {
      int best = -1;
      for (int i = 0; i < points.length; i++) {
        if (!chosen.contains(i) && (best < 0 || gains[i] > gains[best])) {
          best = i;
        }
      }
      chosen.add(best);
      volumeOf.add(points[best]);
      if (chosen.size() == n) {
        return chosen;
      }
      double most = 0;
      for (int i : descending(gains)) {
        // A gain only shrinks as others are chosen: what was too little remains it.
        if (!chosen.contains(i) && gains[i] >= most) {
          gains[i] = gain(points[i], volumeOf, reference);
          most = Math.max(most, gains[i]);
        }
      }
    }
  }

  /** The volume of points. */
  static double volume(List<double[]> points, double[] reference) {
    // Each adds what those after it do not have.
    List<double[]> left = front(points);
    double volume = 0;
    for (int i = 0; i < left.size(); i++) {
      volume += gain(left.get(i), left.subList(i + 1, left.size()), reference);
    }
    return volume;
  }

  /** What a point adds to the volume of others. */
  private static double gain(double[] point, List<double[]> others, double[] reference) {
    List<double[]> common = new ArrayList<>();
    for (double[] other : others) {
      double[] worse = new double[point.length];
      for (int i = 0; i < worse.length; i++) {
        worse[i] = Math.max(point[i], other[i]);
      }
      common.add(worse);
    }
    return box(point, reference) - (common.isEmpty() ? 0 : volume(common, reference));
  }

  private static double box(double[] point, double[] reference) {
    double volume = 1;
    for (int i = 0; i < point.length; i++) {
      volume *= reference[i] - point[i];
    }
    return volume;
  }

  /** Without those that others are as good as in everything. */
  private static List<double[]> front(List<double[]> points) {
    List<double[]> front = new ArrayList<>();
    for (double[] point : points.stream().sorted(Arrays::compare).toList()) {
      if (front.stream().noneMatch(better -> asGood(better, point))) {
        front.add(point);
      }
    }
    return front;
  }

  private static boolean asGood(double[] a, double[] b) {
    for (int i = 0; i < a.length; i++) {
      if (a[i] > b[i]) {
        return false;
      }
    }
    return true;
  }

  private static int[] descending(double[] values) {
    return IntStream.range(0, values.length)
        .boxed()
        .sorted((a, b) -> Double.compare(values[b], values[a]))
        .mapToInt(Integer::intValue)
        .toArray();
  }
}
