package org.sparkfinetune.jobs;

import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch;
import org.sparkfinetune.torch.Libtorch;
import org.tensorflow.TensorFlow;

/** Has libtorch and TensorFlow compute in one process, on one JavaCPP. */
final class AttachedTensorFlowMain {
  private AttachedTensorFlowMain() {}

  public static void main(String[] args) {
    Libtorch.load();
    try (Tensor two = torch.full(new long[] {1}, new Scalar(2));
        Tensor four = two.mul(two)) {
      System.out.println(
          "libtorch " + four.item().toDouble() + ", TensorFlow " + TensorFlow.version());
    }
  }
}
