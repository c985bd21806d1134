package org.sparkfinetune.train;

import org.bytedeco.javacpp.FloatPointer;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/** Numbers as tensors beside the logits that they are compared with. */
final class Targets {
  private Targets() {}

  /** The values as an fp32 tensor of a shape. */
  static Tensor onDeviceOf(Tensor logits, float[] values, long... shape) {
    // Filled in the processor's memory, whatever the device.
    Tensor tensor = torch.empty(shape, new TensorOptions(ScalarType.Float), null);
    new FloatPointer(tensor.data_ptr()).put(values);
    return tensor.to(logits.device(), ScalarType.Float);
  }

  /** The values as an int64 tensor of a shape. */
  static Tensor onDeviceOf(Tensor logits, long[] values, long... shape) {
    Tensor tensor = torch.empty(shape, new TensorOptions(ScalarType.Long), null);
    new LongPointer(tensor.data_ptr()).put(values);
    return tensor.to(logits.device(), ScalarType.Long);
  }
}
