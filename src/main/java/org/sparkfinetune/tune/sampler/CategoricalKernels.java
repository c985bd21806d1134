package org.sparkfinetune.tune.sampler;

import java.util.Arrays;

/**
 * A kernel for each observed choice. With n kernels, each has the prior, 1/n for every choice, and
 * 1 more for the choice that was observed. The last kernel is the prior alone.
 */
final class CategoricalKernels implements Kernels {
  private static final int NONE = -1;

  private final int choices;
  private final int[] observed;

  CategoricalKernels(double[] observations, int choices) {
    this.choices = choices;
    observed =
        Arrays.copyOf(
            Arrays.stream(observations).mapToInt(o -> (int) o).toArray(), observations.length + 1);
    observed[observations.length] = NONE;
  }

  /** A choice's probability in a kernel. */
  double probability(int kernel, int choice) {
    if (observed[kernel] == NONE) {
      return 1.0 / choices;
    }
    double prior = 1.0 / observed.length;
    return (choice == observed[kernel] ? prior + 1 : prior) / (choices * prior + 1);
  }

  @Override
  public double draw(int kernel, double share) {
    double below = 0;
    for (int choice = 0; choice < choices - 1; choice++) {
      below += probability(kernel, choice);
      if (below >= share) {
        return choice;
      }
    }
    return choices - 1;
  }

  @Override
  public void addLogDensities(double point, double[] into) {
    for (int kernel = 0; kernel < into.length; kernel++) {
      into[kernel] += Math.log(probability(kernel, (int) point));
    }
  }
}
