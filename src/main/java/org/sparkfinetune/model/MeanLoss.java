package org.sparkfinetune.model;

import java.util.Arrays;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.sparkfinetune.model.compute.TokenTensors;
import org.sparkfinetune.tokenize.Batch;

/** The plain mean losses of a batch, in nats: scalars with their autograd graph. */
final class MeanLoss {
  private MeanLoss() {}

  /** The cross-entropy of the rows' labels. */
  static Tensor crossEntropy(Tensor logits, Batch batch) {
    long[] target = Arrays.stream(batch.labels()).mapToLong(Batch::onlyLabel).toArray();
    return torch.cross_entropy_loss(
        logits, TokenTensors.int64(target, batch.size()).to(logits.device(), ScalarType.Long));
  }

  /** The binary cross-entropy, meaned over rows and labels. */
  static Tensor binaryCrossEntropy(Tensor logits, Batch batch) {
    int labels = (int) logits.size(1);
    long[] target = new long[batch.size() * labels];
    for (int row = 0; row < batch.size(); row++) {
      for (int label : batch.labels()[row]) {
        target[row * labels + label] = 1;
      }
    }
    return torch.binary_cross_entropy_with_logits(
        logits,
        TokenTensors.int64(target, batch.size(), labels).to(logits.device(), ScalarType.Float));
  }
}
