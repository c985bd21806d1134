package org.sparkfinetune.task;

/** What a classifier of a {@link ProblemType} makes of its logits. Has no state; for any thread. */
public interface Task {
  /**
   * The probability of each label.
   *
   * @param logits one a label
   */
  default double[] probabilities(float[] logits) {
    return activation().probabilities(logits);
  }

  /**
   * The indices of the labels predicted, ascending.
   *
   * @param probabilities one a label
   * @param threshold the probability from which on a label is predicted; means nothing where {@link
   *     #hasThreshold} is false
   */
  int[] predicted(double[] probabilities, double threshold);

  /** Whether it takes a threshold to tell which labels are predicted. */
  boolean hasThreshold();

  /** Whether a row may have any number of labels, not exactly one: which metrics it has. */
  boolean hasLabelSets();

  /** What makes probabilities of logits, and so which loss trains them. */
  OutputActivation activation();

  /** What a text gets, in words. */
  String words();
}
