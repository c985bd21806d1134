package org.sparkfinetune.tune.sampler;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.DoubleSupplier;
import org.sparkfinetune.tune.CategoricalDistribution;
import org.sparkfinetune.tune.Distribution;

/**
 * A density over some parameters, estimated from values observed together: a mixture with a kernel
 * around each observation and, last, the prior, which weighs as much as a new one.
 *
 * <p>Points are in the doubles that samplers compute with, a row each, a column a parameter.
 */
final class ParzenEstimator {
  /** So many of the newest observations weigh 1; those before them less, the older the lesser. */
  private static final int NEWEST = 25;

  private final double[] weights;
  private final double[] logWeights;
  private final List<Kernels> kernels = new ArrayList<>();

  /**
   * Estimates the density.
   *
   * @param observations oldest first
   * @param weights of the observations
   */
  ParzenEstimator(List<Distribution> space, double[][] observations, double[] weights) {
    double[] withPrior = Arrays.copyOf(weights, weights.length + 1);
    withPrior[weights.length] = 1;
    double sum = Arrays.stream(withPrior).sum();
    this.weights = Arrays.stream(withPrior).map(weight -> weight / sum).toArray();
    logWeights = Arrays.stream(this.weights).map(Math::log).toArray();
    for (int i = 0; i < space.size(); i++) {
      int parameter = i;
      double[] values = Arrays.stream(observations).mapToDouble(row -> row[parameter]).toArray();
      kernels.add(
          space.get(i) instanceof CategoricalDistribution choices
              ? new CategoricalKernels(values, choices.choices().size())
              : new NumericalKernels(values, space.get(i)));
    }
  }

  /** The weights of n observations by their age, oldest first. */
  static double[] weightsByAge(int n) {
    double[] weights = new double[n];
    Arrays.fill(weights, 1);
    int ramp = n - NEWEST;
    for (int i = 0; i < ramp; i++) {
      weights[i] = ramp == 1 ? 1.0 / n : 1.0 / n + i * (1 - 1.0 / n) / (ramp - 1);
    }
    return weights;
  }

  /** Draws points; the order in which the random numbers are taken is that of Optuna. */
  double[][] draw(int points, DoubleSupplier uniform) {
    int[] active = new int[points];
    for (int i = 0; i < points; i++) {
      active[i] = kernel(uniform.getAsDouble());
    }
    double[][] drawn = new double[points][kernels.size()];
    for (boolean numerical : new boolean[] {false, true}) {
      for (int parameter = 0; parameter < kernels.size(); parameter++) {
        if (kernels.get(parameter) instanceof NumericalKernels == numerical) {
          for (int i = 0; i < points; i++) {
            drawn[i][parameter] = kernels.get(parameter).draw(active[i], uniform.getAsDouble());
          }
        }
      }
    }
    return drawn;
  }

  /** The first kernel up to which more weight lies than a share. */
  private int kernel(double share) {
    double sum = 0;
    for (int kernel = 0; kernel < weights.length - 1; kernel++) {
      sum += weights[kernel];
      if (sum > share) {
        return kernel;
      }
    }
    return weights.length - 1;
  }

  /** The log density at a point; where there are steps or choices, mass takes its place. */
  double logDensity(double[] point) {
    double[] logs = logWeights.clone();
    for (int parameter = 0; parameter < kernels.size(); parameter++) {
      kernels.get(parameter).addLogDensities(point[parameter], logs);
    }
    double most = Arrays.stream(logs).max().orElseThrow();
    return most == Double.NEGATIVE_INFINITY
        ? most
        : most + Math.log(Arrays.stream(logs).map(l -> Math.exp(l - most)).sum());
  }

  /** The weights of the mixture's kernels, which sum to 1. */
  double[] weights() {
    return weights.clone();
  }

  /** The kernels of a parameter. */
  Kernels kernels(int parameter) {
    return kernels.get(parameter);
  }
}
