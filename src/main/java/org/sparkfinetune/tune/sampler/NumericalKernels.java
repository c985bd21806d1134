package org.sparkfinetune.tune.sampler;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;
import org.sparkfinetune.tune.Distribution;
import org.sparkfinetune.tune.FloatDistribution;
import org.sparkfinetune.tune.IntDistribution;

/**
 * A normal distribution, cut to the parameter's range, around each observed number, or its
 * logarithm; the last is the prior, as wide as the range.
 *
 * <p>A number with a step stands for half a step on either side, and its probability is the mass
 * there.
 */
final class NumericalKernels implements Kernels {
  /** No kernel is narrower than this part of the range. */
  private static final double NARROWEST = 100;

  private final double low;
  private final double high;
  private final double step;
  private final boolean log;

  /** The ends of the range that the kernels are cut to. */
  private final double start;

  private final double end;
  private final double[] means;
  private final double[] deviations;

  /** The log mass of each kernel in the range; of one that is no step wide, its deviation too. */
  private final double[] logScales;

  NumericalKernels(double[] observations, Distribution distribution) {
    if (distribution instanceof IntDistribution ints) {
      low = ints.low();
      high = ints.high();
      step = ints.step();
      log = ints.log();
    } else {
      FloatDistribution floats = (FloatDistribution) distribution;
      low = floats.low();
      high = floats.high();
      step = floats.step();
      log = floats.log();
    }
    start = scaled(low - step / 2);
    end = scaled(high + step / 2);
    int n = observations.length;
    means = Arrays.copyOf(Arrays.stream(observations).map(this::scaled).toArray(), n + 1);
    deviations = Arrays.copyOf(deviations(Arrays.copyOf(means, n)), n + 1);
    means[n] = 0.5 * (start + end);
    deviations[n] = end - start;
    logScales =
        IntStream.rangeClosed(0, n)
            .mapToDouble(
                k ->
                    TruncatedNormal.logMass(standard(start, k), standard(end, k))
                        + (step == 0 ? Math.log(deviations[k]) : 0))
            .toArray();
  }

  /** The larger of the gaps to the neighbors, or of the outermost the only one, within limits. */
  private double[] deviations(double[] observed) {
    int n = observed.length;
    int[] order =
        IntStream.range(0, n)
            .boxed()
            .sorted(Comparator.comparingDouble(i -> observed[i]))
            .mapToInt(Integer::intValue)
            .toArray();
    double widest = end - start;
    double narrowest = widest / Math.min(NARROWEST, n + 2.0);
    double[] result = new double[n];
    for (int rank = 0; rank < n; rank++) {
      double mean = observed[order[rank]];
      double before = mean - (rank == 0 ? start : observed[order[rank - 1]]);
      double after = (rank == n - 1 ? end : observed[order[rank + 1]]) - mean;
      double gap = Math.max(before, after);
      if (n > 1 && rank == 0) {
        gap = after;
      } else if (n > 1 && rank == n - 1) {
        gap = before;
      }
      result[order[rank]] = Math.min(Math.max(gap, narrowest), widest);
    }
    return result;
  }

  @Override
  public double draw(int kernel, double share) {
    double quantile =
        TruncatedNormal.quantile(share, standard(start, kernel), standard(end, kernel));
    double x = quantile * deviations[kernel] + means[kernel];
    double value = log ? Math.exp(x) : x;
    if (step > 0) {
      value = low + Math.rint((value - low) / step) * step;
    }
    return Math.max(low, Math.min(high, value));
  }

  @Override
  public void addLogDensities(double point, double[] into) {
    double left = scaled(point - step / 2);
    double right = scaled(point + step / 2);
    for (int k = 0; k < into.length; k++) {
      into[k] +=
          (step == 0
                  ? TruncatedNormal.logDensity(standard(left, k))
                  : TruncatedNormal.logMass(standard(left, k), standard(right, k)))
              - logScales[k];
    }
  }

  /** The means of the kernels, of logarithms where the parameter has them. */
  double[] means() {
    return means.clone();
  }

  /** The standard deviations of the kernels before they are cut. */
  double[] deviations() {
    return deviations.clone();
  }

  private double scaled(double value) {
    return log ? Math.log(value) : value;
  }

  private double standard(double x, int kernel) {
    return (x - means[kernel]) / deviations[kernel];
  }
}
