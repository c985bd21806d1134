package io.sparkfinetune.train;

/** Changes weights by their gradients. Holds native memory until {@link #close}. */
interface Optimizer extends AutoCloseable {
  /**
   * Applies the gradients that the weights carry, and lets go of them.
   *
   * @param gradientScale a factor on each gradient, as clipping gives it; 1 leaves them as they are
   */
  void step(double learningRate, double gradientScale);

  @Override
  void close();
}
