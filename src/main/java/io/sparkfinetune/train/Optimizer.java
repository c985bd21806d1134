package io.sparkfinetune.train;

/** Changes weights by their gradients. Holds native memory until {@link #close}. */
interface Optimizer extends AutoCloseable {
  /** Applies the gradients that the weights carry, and lets go of them. */
  void step(double learningRate);

  @Override
  void close();
}
