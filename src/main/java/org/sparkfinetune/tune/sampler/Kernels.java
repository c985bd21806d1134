package org.sparkfinetune.tune.sampler;

/** One parameter's share of a mixture: a distribution around each observed value, and a prior. */
sealed interface Kernels permits NumericalKernels, CategoricalKernels {
  /** A draw from a kernel, in samplers' doubles. */
  double draw(int kernel, double share);

  /** Adds the log density of a point, or the log probability of a value, in each kernel. */
  void addLogDensities(double point, double[] into);
}
