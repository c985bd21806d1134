package io.sparkfinetune.collective;

/** Averages the gradients of backward passes over the workers. */
public interface GradientReducer extends AutoCloseable {
  /**
   * Announces that the gradients of the next backward pass, and what has been added up before it,
   * are to be averaged. Passes that are not announced add up each worker's own.
   */
  void beforeBackward();

  /** Returns when the gradients of an announced pass, which has ended, are averaged. */
  void afterBackward();

  /** Lets go of the weights. */
  @Override
  void close();
}
