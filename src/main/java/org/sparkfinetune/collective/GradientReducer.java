package org.sparkfinetune.collective;

/** Averages the gradients of backward passes over the workers, and lets them update the weights. */
public interface GradientReducer extends AutoCloseable {
  /**
   * Announces that the gradients of the next backward pass, and what has been added up before it,
   * are to be averaged. Passes that are not announced add up each worker's own.
   */
  void beforeBackward();

  /**
   * Returns when the gradients of an announced pass, which has ended, are averaged. A weight that
   * another worker updates then has none here.
   */
  void afterBackward();

  /**
   * Whether this worker updates a weight, of those that the reducer was made for. Either each
   * worker updates all of them, all alike, or each weight is updated by one of them for all.
   */
  default boolean updates(int weight) {
    return true;
  }

  /** Returns when no worker needs the weights as they are any longer. */
  default void beforeUpdate() {
    // Each worker has weights of its own.
  }

  /** Returns when all weights are as the workers' updates have made them. */
  default void afterUpdate() {
    // Each worker has updated its own.
  }

  /** Lets go of the weights: each worker has its own from then on. */
  @Override
  void close();
}
