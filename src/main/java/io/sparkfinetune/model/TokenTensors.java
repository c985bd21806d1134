package io.sparkfinetune.model;

import io.sparkfinetune.tokenize.Batch;
import org.bytedeco.javacpp.LongPointer;
import org.bytedeco.pytorch.Scalar;
import org.bytedeco.pytorch.Tensor;
import org.bytedeco.pytorch.TensorOptions;
import org.bytedeco.pytorch.global.torch;
import org.bytedeco.pytorch.global.torch.ScalarType;

/**
 * A batch as tensors.
 *
 * @param inputIds token ids, {@code [rows, length]}, int64
 * @param lengths tokens of each row that are not padding, {@code [rows]}, int64
 * @param padding true where a token is padding, {@code [rows, length]}; null when none is
 */
record TokenTensors(Tensor inputIds, Tensor lengths, Tensor padding) {
  static TokenTensors of(Batch batch) {
    int rows = batch.size();
    long[] lengths = new long[rows];
    boolean padded = false;
    for (int i = 0; i < rows; i++) {
      lengths[i] = batch.lengths()[i];
      padded |= lengths[i] < batch.length();
    }
    Tensor lengthTensor = int64(lengths, rows);
    Tensor padding = null;
    if (padded) {
      Tensor positions =
          torch.arange(new Scalar(batch.length()), new TensorOptions(ScalarType.Long));
      padding = positions.unsqueeze(0).ge(lengthTensor.unsqueeze(1));
    }
    return new TokenTensors(int64(batch.inputIds(), rows, batch.length()), lengthTensor, padding);
  }

  /** The values as an int64 tensor of a shape. */
  static Tensor int64(long[] values, long... shape) {
    Tensor tensor = torch.empty(shape, new TensorOptions(ScalarType.Long), null);
    new LongPointer(tensor.data_ptr()).put(values);
    return tensor;
  }

  int rows() {
    return (int) inputIds.size(0);
  }

  int length() {
    return (int) inputIds.size(1);
  }

  /**
   * What is added to attention scores: 0, and minus infinity where the key is padding; {@code
   * [rows, 1, 1, length]}, or null when nothing is padding.
   */
  Tensor attentionBias(ScalarType dtype) {
    if (padding == null) {
      return null;
    }
    return torch
        .zeros(new long[] {rows(), 1, 1, length()}, new TensorOptions(dtype))
        .masked_fill(padding.view(rows(), 1, 1, length()), new Scalar(Double.NEGATIVE_INFINITY));
  }
}
