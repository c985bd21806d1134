package org.sparkfinetune.tune;

import java.util.Arrays;
import java.util.stream.IntStream;

/**
 * The density of a parameter's values on a grid of at most 50 places: a Parzen estimator whose
 * bandwidth is Scott's, with a prior that weighs as much as one value.
 */
final class GridDensity {
  private static final int MOST_PLACES = 50;

  /** 90 % of a value's weight lie in its own place at least. */
  private static final double LEAST_SIGMA = 0.5 / 1.64;

  private GridDensity() {}

  /** The density at each place of the grid. */
  static double[] of(Distribution distribution, double[] values) {
    return distribution instanceof CategoricalDistribution categorical
        ? ofChoices(counts(values, categorical.choices().size(), 0, 1))
        : ofNumbers(counts(distribution, values));
  }

  private static int[] counts(Distribution distribution, double[] values) {
    if (distribution instanceof IntDistribution ints) {
      int places =
          ints.log()
              // One more than it takes to halve the range to one number.
              ? (int) Math.ceil(Math.log(ints.high() - ints.low() + 1) / Math.log(2)) + 1
              : places(ints.high() - ints.low(), ints.step());
      return counts(values, places, ints.low(), ints.high(), ints.log());
    }
    FloatDistribution floats = (FloatDistribution) distribution;
    int places =
        floats.step() == 0 ? MOST_PLACES : places(floats.high() - floats.low(), floats.step());
    return counts(values, places, floats.low(), floats.high(), floats.log());
  }

  private static int places(double range, double step) {
    return (int) (Math.rint(range / step) + 1);
  }

  private static int[] counts(double[] values, int places, double low, double high, boolean log) {
    int count = Math.min(places, MOST_PLACES);
    double first = log ? Math.log(low) : low;
    double step = ((log ? Math.log(high) : high) - first) / (count - 1);
    double[] scaled = log ? Arrays.stream(values).map(Math::log).toArray() : values;
    return counts(scaled, count, first, step);
  }

  /** How many values are nearest to each place; the lower one of two. */
  private static int[] counts(double[] values, int places, double first, double step) {
    int[] counts = new int[places];
    for (double value : values) {
      int place = (int) Math.ceil((value - first) / step - 0.5);
      counts[Math.max(0, Math.min(place, places - 1))]++;
    }
    return counts;
  }

  private static double[] ofChoices(int[] counts) {
    int places = counts.length;
    int seen = (int) Arrays.stream(counts).filter(count -> count > 0).count();
    int total = Arrays.stream(counts).sum();
    // Each choice that was seen is a kernel, which has a little of each of the others.
    double other = 1.0 / (seen + 1);
    double norm = 1 + places * other;
    return Arrays.stream(counts)
        .mapToDouble(count -> (count + total * other) / norm)
        .map(mass -> (mass + 1.0 / places) / (total + 1))
        .toArray();
  }

  private static double[] ofNumbers(int[] counts) {
    int places = counts.length;
    double sigma = Math.max(scott(counts), LEAST_SIGMA);
    double[] density = new double[places];
    for (int place = 0; place < places; place++) {
      if (counts[place] > 0) {
        add(density, counts[place], place, sigma);
      }
    }
    add(density, 1, (places - 1) / 2.0, places);
    int total = Arrays.stream(counts).sum();
    return Arrays.stream(density).map(mass -> mass / (total + 1)).toArray();
  }

  /** Adds a normal distribution, cut off half a place before the first and behind the last. */
  private static void add(double[] density, int weight, double mean, double sigma) {
    double whole = Normal.mass((-0.5 - mean) / sigma, (density.length - 0.5 - mean) / sigma);
    for (int x = 0; x < density.length; x++) {
      density[x] +=
          weight * Normal.mass((x - 0.5 - mean) / sigma, (x + 0.5 - mean) / sigma) / whole;
    }
  }

  private static double scott(int[] counts) {
    int[] seen = IntStream.range(0, counts.length).filter(x -> counts[x] > 0).toArray();
    int total = Arrays.stream(counts).sum();
    double mean = Arrays.stream(seen).mapToDouble(x -> (double) x * counts[x]).sum() / total;
    double squares =
        Arrays.stream(seen).mapToDouble(x -> (x - mean) * (x - mean) * counts[x]).sum();
    double deviation = Math.sqrt(squares / Math.max(1, total - 1));
    // The quartiles as Optuna takes them, by whole numbers.
    int first = 0;
    int third = 0;
    int below = 0;
    for (int x : seen) {
      first += below + counts[x] < total / 4 ? 1 : 0;
      third += below + counts[x] <= total * 3 / 4 ? 1 : 0;
      below += counts[x];
    }
    int range = seen[Math.min(third, seen.length - 1)] - seen[first];
    return 1.059 * Math.min(range / 1.34, deviation) * Math.pow(total, -0.2);
  }
}
