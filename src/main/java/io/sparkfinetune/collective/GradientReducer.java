package io.sparkfinetune.collective;

/** Averages gradients over the workers while the backward pass computes them. */
public interface GradientReducer extends AutoCloseable {
  /**
   * Announces that the gradients of the next backward pass, and what has been added up before it,
   * are to be averaged. Passes that are not announced add up each worker's own.
   */
  void beforeBackward();

  /** Lets go of the weights. */
  @Override
  void close();
}
