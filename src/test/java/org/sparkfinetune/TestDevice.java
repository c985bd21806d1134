package org.sparkfinetune;

import org.bytedeco.javacpp.PointerScope;
import org.bytedeco.pytorch.Device;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.global.torch.ScalarType;
import org.sparkfinetune.model.SequenceClassifier;
import org.sparkfinetune.torch.Libtorch;

/**
 * What the tests of forward passes, optimizers, losses and the trainer compute on: {@code cpu}, or
 * what {@code -Dtest.device=cuda} names.
 */
public final class TestDevice {
  private static final String NAME = System.getProperty("test.device", "cpu");

  static {
    Libtorch.load();
    if (!isCpu() && !Libtorch.cudaAvailable()) {
      throw new IllegalStateException("-Dtest.device=" + NAME + ": libtorch finds no CUDA here");
    }
  }

  private TestDevice() {}

  /** Whether it is the processor, whose sums come in the same order each time. */
  public static boolean isCpu() {
    return NAME.equals("cpu");
  }

  /** Moves a model there. */
  public static SequenceClassifier on(SequenceClassifier model) {
    try (PointerScope scope = new PointerScope()) {
      model.to(new Device(NAME));
      return model;
    }
  }

  /** An fp32 tensor there; the same one where it is there already. */
  public static Tensor on(Tensor tensor) {
    return isCpu() ? tensor : tensor.to(new Device(NAME), ScalarType.Float);
  }
}
