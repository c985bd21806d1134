package org.sparkfinetune.train;

import java.util.Arrays;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.Reduction;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * Binary cross-entropy of each label with weights of the rows that have it, as PyTorch's {@code
 * BCEWithLogitsLoss} computes it, and its focal form (Lin et al., 2017), with those weights in
 * place of the paper's alpha.
 *
 * <p>For a row and a label {@code c} with probability {@code p} by sigmoid:
 *
 * <pre>
 *   loss = -w_c (1 - p)^gamma log p        where the row has the label
 *   loss = -p^gamma log (1 - p)            where it has not
 * </pre>
 *
 * <p>Each row counts for the number of labels, whatever the labels' weights: PyTorch's mean. So a
 * gamma of 0 is binary cross-entropy in every respect. A weight of the row's own multiplies both
 * its losses and what it counts for.
 */
final class MultiLabelLoss implements LossFunction {
  private final float[] positiveWeights;
  private final double gamma;
  private final int labelCount;

  /**
   * The loss.
   *
   * @param positiveWeights by label; null for weights of 1
   * @param gamma 0 is binary cross-entropy
   */
  MultiLabelLoss(float[] positiveWeights, int labelCount, double gamma) {
    this.positiveWeights = positiveWeights;
    this.labelCount = labelCount;
    this.gamma = gamma;
  }

  @Override
  public Tensor sum(Tensor logits, int[][] labels, float[] weights) {
    Tensor inFp32 = logits.to(ScalarType.Float);
    return gamma == 0 ? crossEntropy(inFp32, labels, weights) : focal(inFp32, labels, weights);
  }

  private Tensor crossEntropy(Tensor logits, int[][] labels, float[] weights) {
    TensorOptional positive =
        positiveWeights == null
            ? new TensorOptional()
            : new TensorOptional(Targets.onDeviceOf(logits, positiveWeights, labelCount));
    return torch.binary_cross_entropy_with_logits(
        logits,
        perLabel(logits, labels, 0, 1, null),
        weights == null
            ? new TensorOptional()
            : new TensorOptional(Targets.onDeviceOf(logits, weights, weights.length, 1)),
        positive,
        Reduction.Sum.value);
  }

  private Tensor focal(Tensor logits, int[][] labels, float[] weights) {
    // The logit of what is so: the label, or its absence. With logarithms throughout, no
    // probability is rounded to 0 or 1.
    Tensor truth = logits.mul(perLabel(logits, labels, -1, 1, null));
    Tensor modulation = torch.log_sigmoid(truth.neg()).mul(new Scalar(gamma)).exp();
    Tensor losses =
        torch
            .log_sigmoid(truth)
            .mul(modulation)
            .mul(perLabel(logits, labels, 1, 1, positiveWeights));
    if (weights != null) {
      losses = losses.mul(Targets.onDeviceOf(logits, weights, weights.length, 1));
    }
    return losses.sum().neg();
  }

  /** One number a row and label: for a label that the row has, {@code has} times its weight. */
  private Tensor perLabel(Tensor logits, int[][] labels, float hasNot, float has, float[] weights) {
    float[] values = new float[labels.length * labelCount];
    Arrays.fill(values, hasNot);
    for (int row = 0; row < labels.length; row++) {
      for (int label : labels[row]) {
        values[row * labelCount + label] = weights == null ? has : has * weights[label];
      }
    }
    return Targets.onDeviceOf(logits, values, labels.length, labelCount);
  }

  @Override
  public double weight(int[][] labels, float[] weights) {
    double rows = labels.length;
    if (weights != null) {
      rows = 0;
      for (float weight : weights) {
        rows += weight;
      }
    }
    return rows * labelCount;
  }
}
