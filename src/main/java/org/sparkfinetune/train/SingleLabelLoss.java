package org.sparkfinetune.train;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptional;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.Reduction;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.sparkfinetune.tokenize.Batch;

/**
 * Cross-entropy with weights of the classes and smoothed labels, as PyTorch's {@code
 * CrossEntropyLoss} computes it, and its focal form (Lin et al., 2017).
 *
 * <p>For a row of label {@code y} among {@code K}, with probabilities {@code p} by softmax:
 *
 * <pre>
 *   q_c  = (1 - smoothing) [c = y] + smoothing / K
 *   loss = sum over c of -w_c q_c (1 - p_c)^gamma log p_c
 * </pre>
 *
 * <p>The row counts for {@code w_y}, whatever the smoothing: PyTorch's mean. So a gamma of 0 is
 * cross-entropy in every respect. A weight of the row's own multiplies both its loss and what it
 * counts for.
 */
final class SingleLabelLoss implements LossFunction {
  /** PyTorch's own {@code ignore_index}: no label has it. */
  private static final long IGNORE_NONE = -100;

  /**
   * Less than 1 - p can be in fp32 without being 0, where a power less than 1 has no finite
   * gradient.
   */
  private static final double SMALLEST = 1e-30;

  private final float[] classWeights;
  private final double smoothing;
  private final double gamma;

  /**
   * The loss.
   *
   * @param classWeights by index; null for equal ones
   * @param gamma 0 is cross-entropy
   */
  SingleLabelLoss(float[] classWeights, double smoothing, double gamma) {
    this.classWeights = classWeights;
    this.smoothing = smoothing;
    this.gamma = gamma;
  }

  @Override
  public Tensor sum(Tensor logits, int[][] labels, float[] weights) {
    Tensor inFp32 = logits.to(ScalarType.Float);
    return gamma == 0 ? crossEntropy(inFp32, labels, weights) : focal(inFp32, labels, weights);
  }

  private Tensor crossEntropy(Tensor logits, int[][] labels, float[] weights) {
    long[] target = new long[labels.length];
    for (int row = 0; row < labels.length; row++) {
      target[row] = Batch.onlyLabel(labels[row]);
    }
    TensorOptional ofClasses =
        classWeights == null
            ? new TensorOptional()
            : new TensorOptional(Targets.onDeviceOf(logits, classWeights, classWeights.length));
    Tensor losses =
        torch.cross_entropy_loss(
            logits,
            Targets.onDeviceOf(logits, target, target.length),
            ofClasses,
            (weights == null ? Reduction.Sum : Reduction.None).value,
            IGNORE_NONE,
            smoothing);
    return weights == null
        ? losses
        : losses.mul(Targets.onDeviceOf(logits, weights, weights.length)).sum();
  }

  private Tensor focal(Tensor logits, int[][] labels, float[] weights) {
    int classes = (int) logits.size(1);
    float[] target = new float[labels.length * classes];
    for (int row = 0; row < labels.length; row++) {
      int label = Batch.onlyLabel(labels[row]);
      for (int c = 0; c < classes; c++) {
        double share = (c == label ? 1 - smoothing : 0) + smoothing / classes;
        target[row * classes + c] = (float) (share * weightOf(c));
      }
    }
    Tensor logProbabilities = torch.log_softmax(logits, 1);
    // 1 - p without the cancellation where p is close to 1.
    Tensor missing = logProbabilities.expm1().neg().clamp_min(new Scalar(SMALLEST));
    Tensor losses =
        missing
            .pow(new Scalar(gamma))
            .mul(logProbabilities)
            .mul(Targets.onDeviceOf(logits, target, labels.length, classes));
    if (weights != null) {
      losses = losses.mul(Targets.onDeviceOf(logits, weights, weights.length, 1));
    }
    return losses.sum().neg();
  }

  @Override
  public double weight(int[][] labels, float[] weights) {
    double weight = 0;
    for (int row = 0; row < labels.length; row++) {
      weight += weightOf(Batch.onlyLabel(labels[row])) * (weights == null ? 1 : weights[row]);
    }
    return weight;
  }

  private double weightOf(int label) {
    return classWeights == null ? 1 : classWeights[label];
  }
}
