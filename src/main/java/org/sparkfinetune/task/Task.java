package org.sparkfinetune.task;

/** What a classifier of a {@link ProblemType} makes of its logits. Has no state; for any thread. */
public interface Task {
  /**
   * The probability of each label.
   *
   * @param logits one a label
   */
  double[] probabilities(float[] logits);

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

  /** Whether a row may have any number of labels, not exactly one. */
  boolean hasLabelSets();

  /** What makes probabilities of logits, by the name that Spark NLP and PyTorch have for it. */
  String activation();

  /** What a text gets, in words. */
  String words();
}
