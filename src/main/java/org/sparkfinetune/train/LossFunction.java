package org.sparkfinetune.train;

import org.bytedeco.pytorch.Tensor;

/**
 * What training minimizes, in nats: the sum of the rows' losses over the sum of the rows' weights.
 * The two are apart, so that batches that are added up for one step, in one process or in several,
 * have one mean, whatever their sizes: add up both. Has no native memory; for any thread.
 */
interface LossFunction {
  /**
   * The sum of the losses of some rows: a scalar on the logits' device, computed in fp32, with its
   * autograd graph, in the caller's {@code PointerScope}.
   *
   * @param logits {@code [rows, labels]}
   * @param labels the indices of each row's labels; exactly one each for single-label
   * @param weights what each row's loss is multiplied by, finite, not below 0; null for 1 each
   */
  Tensor sum(Tensor logits, int[][] labels, float[] weights);

  /**
   * What the rows count for: what the sum over all rows of a step is divided by.
   *
   * @param labels as of {@link #sum}
   * @param weights as of {@link #sum}
   */
  double weight(int[][] labels, float[] weights);
}
